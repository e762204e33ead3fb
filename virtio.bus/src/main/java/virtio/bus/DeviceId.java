package virtio.bus;

/**
 * What a device is, spelled the same on every bus; each config handler translates from its bus's own spelling. In a driver's id table
 * either half may be {@link #ANY}.
 *
 * @param type the specification's device id: 1 network card, 2 block device
 * @param vendor the subsystem vendor, 0x1AF4 unless the bus says otherwise
 */
public record DeviceId(int type, int vendor) {
  /** Covers every value. */
  public static final int ANY = -1;
  /** The vendor of devices on buses that do not spell one. */
  public static final int VENDOR_QUMRANET = 0x1AF4;

  public boolean covers(DeviceId other) {
    return (type == ANY || type == other.type) && (vendor == ANY || vendor == other.vendor);
  }

  /** As Linux writes it, eight upper-case hexadecimal digits each, {@code *} for any: {@code virtio:d00000002v00001AF4}. */
  public String modalias() {
    return "virtio:d" + half(type) + "v" + half(vendor);
  }

  private static String half(int value) {
    return value == ANY ? "*" : "%08X".formatted(value);
  }

  @Override
  public String toString() {
    return modalias();
  }
}
