package virtio.itest;

import java.util.List;

/** A combination's name, taken apart, and the bundles that follow from it. */
record Combination(String driver, String transport, String ring, String config) {
  static Combination of(String name) {
    String[] parts = name.split("\\.");
    return new Combination(parts[0], parts[1], parts[2], parts[3]);
  }

  String name() {
    return driver + "." + face();
  }

  String face() {
    return transport + "." + ring + "." + config;
  }

  /** Symbolic names of all bricks that take part, but the bus and the port. */
  List<String> bricks() {
    return List.of("virtio.driver." + driver, "virtio.ring." + ring, "virtio.transport." + transport, "virtio.config." + config,
        "virtio.device." + driver, "virtio.host." + transport, "virtio.glue." + name());
  }
}
