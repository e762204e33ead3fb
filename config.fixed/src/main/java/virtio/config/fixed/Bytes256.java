package virtio.config.fixed;

/** Offsets and numbers; the tables are in the package's documentation. */
final class Bytes256 {
  static final int SIZE = 256;
  static final int MAGIC = 0;
  static final int MAGIC_VALUE = 0x31584656;
  /** What the magic begins with: not 0, so that a page of such entries has an end, and not 0xFF. */
  static final int MAGIC_FIRST = MAGIC_VALUE & 0xFF;
  static final int TYPE = 4;
  static final int VENDOR = 6;
  static final int FEATURES = 8;
  static final int QUEUES = 24;
  static final int GENERATION = 26;
  static final int ASKING_SIZE = 28;
  static final int ASKING_ADDRESS = 32;
  static final int ASKING_DOORBELL = 64;
  static final int RESET_DOORBELL = 68;
  static final int INTERRUPT = 72;
  static final int STATUS = 74;
  static final int RESETS = 76;
  static final int QUEUE = 80;
  static final int QUEUE_BYTES = 8;
  static final int QUEUE_SIZE = 0;
  static final int QUEUE_INTERRUPT = 2;
  static final int QUEUE_PAGE = 4;
  static final int MOST_QUEUES = 6;
  static final int NO_INTERRUPT = 0xFFFF;

  /** Where the driver half begins, and how long it is. */
  static final int DRIVER = 128;

  /** As many requests at once. */
  static final int SLOTS = 4;

  private Bytes256() {
  }

  static int queue(int index) {
    return QUEUE + QUEUE_BYTES * index;
  }
}
