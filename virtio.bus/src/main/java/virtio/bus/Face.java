package virtio.bus;

/**
 * How a device shows itself on a host: which bus, which ring, which config handler.
 *
 * @param transport the kind of bus
 * @param ring the ring format
 * @param config the config handler
 */
public record Face(String transport, String ring, String config) {
  /**
   * @param name {@code "lguest.split.lguest"}
   * @throws IllegalArgumentException saying what a name looks like
   */
  public static Face of(String name) {
    String[] parts = name.strip().split("\\.", -1);
    if (parts.length != 3 || parts[0].isEmpty() || parts[1].isEmpty() || parts[2].isEmpty()) {
      throw new IllegalArgumentException("face=" + name + " (transport.ring.config, as in lguest.split.lguest)");
    }
    return new Face(parts[0], parts[1], parts[2]);
  }

  @Override
  public String toString() {
    return transport + "." + ring + "." + config;
  }
}
