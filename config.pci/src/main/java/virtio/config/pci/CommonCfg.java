package virtio.config.pci;

/**
 * Offsets in {@code struct virtio_pci_common_cfg}.
 *
 * <p>Spec: virtio 1.4, "Common configuration structure layout"
 */
final class CommonCfg {
  static final int DEVICE_FEATURE_SELECT = 0;
  static final int DEVICE_FEATURE = 4;
  static final int DRIVER_FEATURE_SELECT = 8;
  static final int DRIVER_FEATURE = 12;
  static final int CONFIG_MSIX_VECTOR = 16;
  static final int NUM_QUEUES = 18;
  static final int DEVICE_STATUS = 20;
  static final int CONFIG_GENERATION = 21;
  static final int QUEUE_SELECT = 22;
  static final int QUEUE_SIZE = 24;
  static final int QUEUE_MSIX_VECTOR = 26;
  static final int QUEUE_ENABLE = 28;
  static final int QUEUE_NOTIFY_OFF = 30;
  static final int QUEUE_DESC = 32;
  static final int QUEUE_DRIVER = 40;
  static final int QUEUE_DEVICE = 48;
  /** The end of what every device has. */
  static final int QUEUE_NOTIF_CONFIG_DATA = 56;
  static final int QUEUE_RESET = 58;
  static final int ADMIN_QUEUE_INDEX = 60;
  static final int ADMIN_QUEUE_NUM = 62;
  /** The end of what is known. */
  static final int END = 64;

  /** By offset how wide an access is to be; a 64-bit field is two of 32. Blank where no register begins. */
  private static final String WIDTHS = "4   4   4   4   2 2 112 2 2 2 2 4   4   4   4   4   4   2 2 2 2 ";

  /** Maps an event to no vector; read back, says that mapping failed. */
  static final int VIRTIO_MSI_NO_VECTOR = 0xFFFF;

  private CommonCfg() {}

  /** Whether an access of that width at that offset is one of exactly a register, or half. */
  static boolean isRegister(long offset, int width) {
    return offset >= 0 && offset < END && WIDTHS.charAt((int) offset) - '0' == width;
  }
}
