package virtio.dist;

/**
 * What a combination's name says of the configurations that it needs.
 *
 * @param glue {@code driver.transport.ring.config}
 */
record Parts(String glue) {
  static final String BLOCK = "block";
  static final String NET = "net";
  static final String PIPE = "pipe";

  /** How a device must show itself: {@code transport.ring.config}. */
  String face() {
    return glue.substring(glue.indexOf('.') + 1);
  }

  /** The kind of its driver, port and device: {@code block}. */
  String driver() {
    return glue.substring(0, Math.max(0, glue.indexOf('.')));
  }

  /** The config handler: {@code lguest}. */
  String config() {
    return glue.substring(glue.lastIndexOf('.') + 1);
  }

  /** The machine's kind: what follows {@code virtio.host.} in its configuration's name. */
  String machine() {
    return foreign() ? "qemu" : face().substring(0, face().indexOf('.'));
  }

  /** Whether the device is somebody else's: QEMU has the one that PCI and virtio over PCI describe. */
  boolean foreign() {
    return face().startsWith("pci.") && face().endsWith(".pci");
  }

  /** The program that must be there for its machine; empty for none. */
  String program() {
    return foreign() ? "qemu-system-x86_64" : "";
  }
}
