package virtio.bus.spec;

/**
 * The feature bits that belong to no device type, and the names of all.
 *
 * <p>Spec: virtio 1.4, "Reserved Feature Bits"
 */
public final class FeatureBits {
  public static final int VIRTIO_F_INDIRECT_DESC = 28;
  public static final int VIRTIO_F_EVENT_IDX = 29;
  public static final int VIRTIO_F_VERSION_1 = 32;
  public static final int VIRTIO_F_ACCESS_PLATFORM = 33;
  public static final int VIRTIO_F_RING_PACKED = 34;
  public static final int VIRTIO_F_IN_ORDER = 35;
  public static final int VIRTIO_F_ORDER_PLATFORM = 36;
  public static final int VIRTIO_F_SR_IOV = 37;
  public static final int VIRTIO_F_NOTIFICATION_DATA = 38;
  public static final int VIRTIO_F_NOTIF_CONFIG_DATA = 39;
  public static final int VIRTIO_F_RING_RESET = 40;
  public static final int VIRTIO_F_ADMIN_VQ = 41;
  public static final int VIRTIO_F_SUSPEND = 43;
  /** First and last bit of rings and transports; all others are the device type's. */
  public static final int RESERVED_FIRST = 24;
  public static final int RESERVED_LAST = 43;

  private static final String[] RESERVED = {
    "NOTIFY_ON_EMPTY", "25", "26", "ANY_LAYOUT", "INDIRECT_DESC", "EVENT_IDX", "30", "31", "VERSION_1", "ACCESS_PLATFORM",
    "RING_PACKED", "IN_ORDER", "ORDER_PLATFORM", "SR_IOV", "NOTIFICATION_DATA", "NOTIF_CONFIG_DATA", "RING_RESET", "ADMIN_VQ", "42",
    "SUSPEND"
  };

  private FeatureBits() {}

  /** As the specification spells it, without its prefix; the number where the bit has no name. */
  public static String name(int deviceType, int bit) {
    if (bit >= RESERVED_FIRST && bit <= RESERVED_LAST) {
      return RESERVED[bit - RESERVED_FIRST];
    }
    String name = switch (deviceType) {
      case DeviceTypes.NETWORK_CARD -> VirtioNet.featureName(bit);
      case DeviceTypes.BLOCK_DEVICE -> VirtioBlk.featureName(bit);
      default -> null;
    };
    return name == null ? Integer.toString(bit) : name;
  }
}
