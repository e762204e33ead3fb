package virtio.config.tlv;

/** Offsets, types and lengths; the tables are in the package's documentation. */
final class Tlv {
  /** The entry before its stream. Source: Linux 2.6.24, {@code struct lguest_device_desc}. */
  static final int TYPE = 0;
  static final int CONFIG_LEN = 1;
  static final int STATUS = 2;
  static final int HEADER = 3;
  /** What {@link #CONFIG_LEN} can count. */
  static final int MOST_CONFIG = 255;

  /** A device type that the byte cannot spell: {@link #IDENTITY} has it. */
  static final int TYPE_ELSEWHERE = 0xFE;
  /** An entry whose device has gone. */
  static final int TYPE_REMOVED = 0xFF;

  /** A field: its type, its length, its data. */
  static final int FIELD_LEN = 1;
  static final int FIELD_DATA = 2;
  /** The driver's note in the type that it has found the field. */
  static final int MARK = 0x80;

  /** {@code VIRTIO_CONFIG_F_VIRTQUEUE}, {@code struct lguest_vqconfig}. */
  static final int VIRTQUEUE = 0x02;
  static final int VQ_NUM = 0;
  static final int VQ_IRQ = 2;
  static final int VQ_PFN = 4;
  static final int VQCONFIG = 8;
  /** The irq of a queue that does not interrupt. */
  static final int NO_IRQ = 0xFFFF;

  /** Offered bits, then as many acknowledged ones. */
  static final int FEATURES = 0x40;

  static final int IDENTITY = 0x30;
  static final int IDENTITY_TYPE = 0;
  static final int IDENTITY_VENDOR = 4;
  static final int IDENTITY_LENGTH = 8;

  static final int INTERRUPT = 0x31;
  static final int INTERRUPT_LENGTH = 2;

  static final int GENERATION = 0x32;
  static final int GENERATION_LENGTH = 4;

  static final int QUEUES = 0x33;
  static final int QUEUES_LENGTH = 4;
  /** As many as {@link #QUEUES} has bits. */
  static final int MOST_QUEUES = 32;

  static final int PLACE = 0x34;
  static final int PLACE_QUEUE = 0;
  static final int PLACE_SIZE = 2;
  static final int PLACE_DESCRIPTORS = 4;
  static final int PLACE_AVAILABLE = 12;
  static final int PLACE_USED = 20;
  static final int PLACE_LENGTH = 28;

  private Tlv() {
  }

  /** The fields that are no device type's, for a person. */
  static String name(int type) {
    return switch (type) {
      case VIRTQUEUE -> "virtqueue";
      case FEATURES -> "features";
      case IDENTITY -> "identity";
      case INTERRUPT -> "interrupt";
      case GENERATION -> "generation";
      case QUEUES -> "queues";
      case PLACE -> "place";
      default -> "0x%02x".formatted(type);
    };
  }
}
