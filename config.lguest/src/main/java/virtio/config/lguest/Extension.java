package virtio.config.lguest;

/** Our own first bytes of config[], by their offsets there; the table is in the package's documentation. */
final class Extension {
  static final int MARK = 0;
  static final int INTERRUPT = 2;
  static final int DEVICE_TYPE = 4;
  static final int VENDOR = 8;
  static final int GENERATION = 12;
  static final int QUEUES = 16;
  /** Where the device's structure begins. */
  static final int FIELDS = 20;

  static final int MARK_VALUE = 0x5631;
  /** As many as {@link #QUEUES} has bits. */
  static final int MOST_QUEUES = 32;
  /** Bytes of features, and of acks: 128 bits. */
  static final int FEATURE_LENGTH = 16;

  private Extension() {
  }
}
