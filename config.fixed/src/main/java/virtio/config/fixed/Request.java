package virtio.config.fixed;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import virtio.bus.Features;
import virtio.bus.RingAreas;

/**
 * A request on the configuration queue.
 *
 * <pre>
 *  0    1    2        4                8
 * +----+----+--------+----------------+-- - - -
 * | op | 0  | offset |     length     |  data
 * +----+----+--------+----------------+-- - - -
 * </pre>
 */
record Request(int op, int offset, byte[] data) {
  static final int SET_STATUS = 1;
  static final int ACCEPT_FEATURES = 2;
  static final int SET_FIELD = 3;
  static final int OPEN_QUEUE = 4;
  static final int RESET = 5;

  static final int DONE = 0;
  static final int MALFORMED = 1;
  static final int UNKNOWN = 2;
  static final int NOT_THERE = 3;

  private static final int HEADER = 8;
  private static final int FEATURES_BYTES = 16;
  private static final int QUEUE_BYTES = 32;

  static Request status(int bits) {
    return new Request(SET_STATUS, 0, new byte[] {(byte) bits});
  }

  static Request accept(Features accepted) {
    return new Request(ACCEPT_FEATURES, 0, room(FEATURES_BYTES).putLong(accepted.low()).putLong(accepted.high()).array());
  }

  static Request field(int offset, int size, long value) {
    return new Request(SET_FIELD, offset, Arrays.copyOf(room(Long.BYTES).putLong(value).array(), size));
  }

  static Request open(int index, int size, RingAreas areas) {
    return new Request(OPEN_QUEUE, index, room(QUEUE_BYTES).putInt(size).putInt(0).putLong(areas.descriptors()).putLong(areas.available())
        .putLong(areas.used()).array());
  }

  static Request reset() {
    return new Request(RESET, 0, new byte[0]);
  }

  private static ByteBuffer room(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  byte[] bytes() {
    return room(HEADER + data.length).put((byte) op).put((byte) 0).putShort((short) offset).putInt(data.length).put(data).array();
  }

  /** Null for bytes that are no request: too short, not as long as they say, or data of another length than that request has. */
  static Request of(byte[] bytes) {
    if (bytes.length < HEADER) {
      return null;
    }
    ByteBuffer from = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int op = Byte.toUnsignedInt(from.get());
    boolean reserved = from.get() == 0;
    int offset = Short.toUnsignedInt(from.getShort());
    boolean whole = from.getInt() == bytes.length - HEADER;
    Request request = new Request(op, offset, Arrays.copyOfRange(bytes, HEADER, bytes.length));
    return reserved && whole && request.fits() ? request : null;
  }

  private boolean fits() {
    return switch (op) {
      case SET_STATUS -> offset == 0 && data.length == 1;
      case ACCEPT_FEATURES -> offset == 0 && data.length == FEATURES_BYTES;
      case SET_FIELD -> data.length >= 1 && data.length <= Long.BYTES;
      case OPEN_QUEUE -> data.length == QUEUE_BYTES && number(4, 4) == 0;
      case RESET -> offset == 0 && data.length == 0;
      default -> true;
    };
  }

  /** Unsigned, but for 8 bytes. */
  private long number(int at, int width) {
    long value = 0;
    for (int i = 0; i < width; i++) {
      value |= Byte.toUnsignedLong(data[at + i]) << 8 * i;
    }
    return value;
  }

  int statusBits() {
    return (int) number(0, 1);
  }

  Features features() {
    return new Features(number(0, 8), number(8, 8));
  }

  long value() {
    return number(0, data.length);
  }

  /** As an unsigned 31-bit number; a larger one is -1, which is the size of no queue. */
  int queueSize() {
    return Math.max(-1, (int) number(0, 4));
  }

  RingAreas areas() {
    return new RingAreas(number(8, 8), number(16, 8), number(24, 8));
  }
}
