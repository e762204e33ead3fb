package virtio.shell;

import java.util.List;

/**
 * The four parts that a combination's name tells, and the factory PIDs that follow from them.
 *
 * @param driver {@code "block"}: also its port's and its device's kind
 * @param transport {@code "lguest"}: also its machine's kind
 */
record Parts(String driver, String transport, String ring, String config) {
  /** @throws IllegalArgumentException saying what a name looks like */
  static Parts of(String name) {
    String[] parts = name.split("\\.", -1);
    if (parts.length != 4) {
      throw new IllegalArgumentException("glue=" + name + " (driver.transport.ring.config, as in block.lguest.split.lguest)");
    }
    return new Parts(parts[0], parts[1], parts[2], parts[3]);
  }

  String name() {
    return driver + "." + transport + "." + ring + "." + config;
  }

  /** How a device must show itself for this combination to fit. */
  String face() {
    return transport + "." + ring + "." + config;
  }

  /**
   * Whether somebody else's device stands at the other side: QEMU has the one that PCI and virtio over PCI describe, and a serial port, which
   * is a pipe without a ring.
   */
  boolean real() {
    return transport.equals("pci") && (config.equals("pci") || driver.equals("pipe") && ring.equals("socket"));
  }

  String hostPid() {
    return "virtio.host." + (real() ? "qemu" : transport);
  }

  String devicePid() {
    return "virtio.device." + driver;
  }

  String portPid() {
    return "virtio." + driver;
  }

  /** All that must be there to be configured. */
  List<String> pids() {
    return real() ? List.of(hostPid(), portPid()) : List.of(hostPid(), devicePid(), portPid());
  }
}
