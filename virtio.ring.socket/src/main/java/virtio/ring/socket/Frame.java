package virtio.ring.socket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import virtio.bus.Violation;

/**
 * The header of one frame of SQ1, filled from bytes and laid out as bytes; one object for all frames of one direction. All integers are
 * little-endian.
 *
 * <pre>
 *  0               2       3       4               6               8
 *  +---------------+-------+-------+---------------+---------------+
 *  | magic 0x5153  | type  | flags |     queue     |   sequence    |
 *  +---------------+-------+-------+---------------+---------------+
 *  |     slot      |  generation   |            length             |
 *  +---------------+---------------+-------------------------------+ 16
 *  |             arg0              |             arg1              |
 *  +-------------------------------+-------------------------------+
 *  |            credit             |            session            |
 *  +-------------------------------+-------------------------------+ 32
 *  |  payload, then zeroes up to a multiple of 8
 * </pre>
 */
final class Frame {
  static final int HEADER = 32;
  static final int MAGIC = 0x5153;
  /** The queue of frames that are the session's. */
  static final int SESSION = 0xFFFF;
  /** Of {@link #flags}: the payload of this buffer goes on in DATA frames. */
  static final int MORE = 1;
  static final int VERSION = 1;
  /** No side may ask for frames shorter than this, header included. */
  static final int SHORTEST_MOST = 256;

  /** Slots of the configuration queue, which is open without being asked for. */
  static final int CONFIGURATION_SLOTS = 4;
  /** The configuration queue's largest readable total, and its first credit. */
  static final int CONFIGURATION_LARGEST = 4096;

  /** The device never began with it. */
  static final int DETACHED_NEW = 0;
  /** It had been used; its USED came before. */
  static final int DETACHED_USED = 1;
  /** Stopped half way: effects unknown. */
  static final int DETACHED_HALFWAY = 2;

  private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int FLAGS_AT = 3;
  private static final int QUEUE_AT = 4;
  private static final int SEQUENCE_AT = 6;
  private static final int SLOT_AT = 8;
  private static final int GENERATION_AT = 10;
  private static final int LENGTH_AT = 12;
  private static final int ARG0_AT = 16;
  private static final int ARG1_AT = 20;
  private static final int CREDIT_AT = 24;
  private static final int SESSION_AT = 28;

  int magic;
  /** The type's code, known or not. */
  int code;
  /** Null for a code that is none. */
  FrameType type;
  int flags;
  int queue;
  int sequence;
  int slot;
  int generation;
  /** Payload bytes; negative for 2 GiB and more. */
  int length;
  int arg0;
  int arg1;
  int credit;
  int session;

  /** All zero but the type and the queue. */
  Frame begin(FrameType frameType, int queueIndex) {
    magic = MAGIC;
    code = frameType.code();
    type = frameType;
    flags = 0;
    queue = queueIndex;
    sequence = 0;
    slot = 0;
    generation = 0;
    length = 0;
    arg0 = 0;
    arg1 = 0;
    credit = 0;
    session = 0;
    return this;
  }

  void read(MemorySegment from, long at) {
    magic = from.get(LE16, at) & 0xFFFF;
    code = from.get(ValueLayout.JAVA_BYTE, at + 2) & 0xFF;
    type = FrameType.of(code);
    flags = from.get(ValueLayout.JAVA_BYTE, at + FLAGS_AT) & 0xFF;
    queue = from.get(LE16, at + QUEUE_AT) & 0xFFFF;
    sequence = from.get(LE16, at + SEQUENCE_AT) & 0xFFFF;
    slot = from.get(LE16, at + SLOT_AT) & 0xFFFF;
    generation = from.get(LE16, at + GENERATION_AT) & 0xFFFF;
    length = from.get(LE32, at + LENGTH_AT);
    arg0 = from.get(LE32, at + ARG0_AT);
    arg1 = from.get(LE32, at + ARG1_AT);
    credit = from.get(LE32, at + CREDIT_AT);
    session = from.get(LE32, at + SESSION_AT);
  }

  /** The header, and the padding behind a payload that is there already. */
  void write(MemorySegment to, long at) {
    to.set(LE16, at, (short) magic);
    to.set(ValueLayout.JAVA_BYTE, at + 2, (byte) code);
    to.set(ValueLayout.JAVA_BYTE, at + FLAGS_AT, (byte) flags);
    to.set(LE16, at + QUEUE_AT, (short) queue);
    to.set(LE16, at + SEQUENCE_AT, (short) sequence);
    to.set(LE16, at + SLOT_AT, (short) slot);
    to.set(LE16, at + GENERATION_AT, (short) generation);
    to.set(LE32, at + LENGTH_AT, length);
    to.set(LE32, at + ARG0_AT, arg0);
    to.set(LE32, at + ARG1_AT, arg1);
    to.set(LE32, at + CREDIT_AT, credit);
    to.set(LE32, at + SESSION_AT, session);
    for (long end = at + HEADER + length; end < at + bytes(length); end++) {
      to.set(ValueLayout.JAVA_BYTE, end, (byte) 0);
    }
  }

  /** A word of payload. */
  static int word(MemorySegment from, long at) {
    return from.get(LE32, at);
  }

  static void word(MemorySegment to, long at, int value) {
    to.set(LE32, at, value);
  }

  /** What a frame with so much payload takes, padding included. */
  static int bytes(int length) {
    return HEADER + (length + 7 & ~7);
  }

  boolean more() {
    return (flags & MORE) != 0;
  }

  /** Whether the frame's end can be known: without it nothing behind the frame makes sense. */
  Violation framing(int maxFrame) {
    if (magic != MAGIC) {
      return Violation.BAD_FRAME;
    }
    return length < 0 || length > maxFrame - HEADER ? Violation.BAD_LENGTH : null;
  }

  /** What is wrong with it by itself, whatever came before; null for nothing. */
  Violation fault(boolean toDevice) {
    if (type == null || !type.goes(toDevice)) {
      return Violation.BAD_TYPE;
    }
    if ((flags & ~MORE) != 0 || more() && !type.mayHaveMore(toDevice)) {
      return Violation.BAD_FLAGS;
    }
    if (!type.carries(length)) {
      return Violation.BAD_LENGTH;
    }
    if (session == 0) {
      return Violation.BAD_SESSION;
    }
    if (type.ofSession() != (queue == SESSION)) {
      return Violation.BAD_QUEUE;
    }
    return toDevice && credit != 0 ? Violation.BAD_CREDIT : null;
  }

  /** {@code "ADD queue 0 #17 slot 5.1 4112 bytes arg0=4112 arg1=1 session 0x2a"}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(type == null ? "type 0x%02x".formatted(code) : type.name());
    text.append(queue == SESSION ? "" : " queue " + queue);
    if (type == null || type.counted()) {
      text.append(" #").append(sequence);
    }
    if (slot != 0 || generation != 0) {
      text.append(" slot ").append(slot).append('.').append(generation);
    }
    text.append(length == 0 ? "" : " " + Integer.toUnsignedString(length) + " bytes").append(more() ? " MORE" : "");
    if (arg0 != 0 || arg1 != 0) {
      text.append(" arg0=").append(Integer.toUnsignedString(arg0)).append(" arg1=").append(Integer.toUnsignedString(arg1));
    }
    text.append(credit == 0 ? "" : " credit=" + Integer.toUnsignedString(credit));
    return text.append(" session 0x").append(Integer.toHexString(session)).toString();
  }
}
