package virtio.transport.pci;

/**
 * Which function on the machine's PCI buses.
 *
 * @param bus 0 to 255
 * @param device 0 to 31
 * @param function 0 to 7
 */
record PciAddress(int bus, int device, int function) {
  /** As the configuration mechanisms spell it: bus, device and function in 16 bits. */
  int routing() {
    return bus << 8 | device << 3 | function;
  }

  /** {@code "0000:00:04.0"}. */
  @Override
  public String toString() {
    return "0000:%02x:%02x.%d".formatted(bus, device, function);
  }
}
