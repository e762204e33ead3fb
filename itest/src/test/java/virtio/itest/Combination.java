package virtio.itest;

import java.util.List;
import java.util.stream.Stream;

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

  /**
   * Whether somebody else's device stands at the other side: QEMU has the one that PCI and virtio over PCI describe, and a serial port, which
   * is a pipe without a ring.
   */
  boolean real() {
    return transport.equals("pci") && (config.equals("pci") || raw());
  }

  /** Whether it is bytes over the bus's own transfer, without a ring. */
  boolean raw() {
    return name().equals("pipe.pci.socket.fixed");
  }

  String hostPid() {
    return "virtio.host." + (real() ? "qemu" : transport);
  }

  /** Symbolic names of all bricks that take part, but the bus and the port. */
  List<String> bricks() {
    Stream<String> ours = real() ? Stream.of() : Stream.of("virtio.device." + driver);
    Stream<String> parts = Stream.of("virtio.driver." + driver, "virtio.ring." + ring, "virtio.transport." + transport, "virtio.config." + config);
    return Stream.of(parts, ours, Stream.of(hostPid(), "virtio.glue." + name())).flatMap(names -> names).toList();
  }
}
