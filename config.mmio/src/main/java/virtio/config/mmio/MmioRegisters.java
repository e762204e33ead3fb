package virtio.config.mmio;

/**
 * Offsets of the registers, each of 32 bits; the device's own configuration lies behind.
 *
 * <p>Spec: virtio 1.4, "MMIO Device Register Layout"
 */
final class MmioRegisters {
  static final int MAGIC_VALUE = 0x000;
  static final int VERSION = 0x004;
  static final int DEVICE_ID = 0x008;
  static final int VENDOR_ID = 0x00C;
  static final int DEVICE_FEATURES = 0x010;
  static final int DEVICE_FEATURES_SEL = 0x014;
  static final int DRIVER_FEATURES = 0x020;
  static final int DRIVER_FEATURES_SEL = 0x024;
  static final int QUEUE_SEL = 0x030;
  static final int QUEUE_SIZE_MAX = 0x034;
  static final int QUEUE_SIZE = 0x038;
  static final int QUEUE_READY = 0x044;
  static final int QUEUE_NOTIFY = 0x050;
  static final int INTERRUPT_STATUS = 0x060;
  static final int INTERRUPT_ACK = 0x064;
  static final int STATUS = 0x070;
  static final int QUEUE_DESC_LOW = 0x080;
  static final int QUEUE_DESC_HIGH = 0x084;
  static final int QUEUE_DRIVER_LOW = 0x090;
  static final int QUEUE_DRIVER_HIGH = 0x094;
  static final int QUEUE_DEVICE_LOW = 0x0A0;
  static final int QUEUE_DEVICE_HIGH = 0x0A4;
  static final int SHM_SEL = 0x0AC;
  static final int SHM_LEN_LOW = 0x0B0;
  static final int SHM_LEN_HIGH = 0x0B4;
  static final int SHM_BASE_LOW = 0x0B8;
  static final int SHM_BASE_HIGH = 0x0BC;
  static final int QUEUE_RESET = 0x0C0;
  static final int CONFIG_GENERATION = 0x0FC;
  static final int CONFIG = 0x100;

  /** "virt", the first character lowest. */
  static final long MAGIC = 0x7472_6976;
  static final int LEGACY_VERSION = 1;
  static final int CURRENT_VERSION = 2;
  /** {@code INTERRUPT_STATUS}: buffers have been used. */
  static final int USED_BUFFER = 1;
  /** {@code INTERRUPT_STATUS}: the configuration has changed. */
  static final int CONFIGURATION_CHANGE = 2;

  private MmioRegisters() {}
}
