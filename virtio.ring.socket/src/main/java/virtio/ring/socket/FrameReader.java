package virtio.ring.socket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import virtio.bus.Channel;
import virtio.bus.Violation;

/**
 * Takes frames out of a channel. A frame whose end cannot be known leaves a stream without frames: from there on everything is thrown away,
 * eight bytes at a time, up to a frame that begins or ends a session. A message begins with a frame, so only its rest is thrown away. The
 * pump's.
 */
final class FrameReader {
  /** What {@link #next} found. */
  enum Found {
    /** Nothing whole. */
    NOTHING,
    /** A frame: {@link #frame}, and its payload at {@link #payload}. */
    FRAME,
    /** No frame: {@link #fault}. */
    FAULT
  }

  private final Channel channel;
  private final MemorySegment memory;
  private final boolean messages;
  private final boolean toDevice;
  private final Frame frame = new Frame();
  private int maxFrame;
  private int from;
  private int to;
  private long payload;
  private Violation fault;
  private boolean lost;

  /**
   * @param memory at least a message, and two frames
   * @param maxFrame the longest frame, until something else is agreed
   * @param toDevice which way frames go here
   */
  FrameReader(Channel channel, MemorySegment memory, int maxFrame, boolean toDevice) {
    this.channel = channel;
    this.memory = memory;
    this.maxFrame = maxFrame;
    this.toDevice = toDevice;
    messages = channel.maxMessage() > 0;
  }

  /** The longest frame from now on. */
  void maxFrame(int bytes) {
    maxFrame = bytes;
  }

  /** Takes what the channel has, as {@link Channel#transfer} does. All that came before has been looked at. */
  long receive() {
    if (from > 0) {
      if (to > from) {
        MemorySegment.copy(memory, from, memory, 0, to - from);
      }
      to -= from;
      from = 0;
    }
    long moved = channel.transfer(memory, to, memory.byteSize() - to, Channel.Direction.READ);
    if (moved > 0) {
      to += (int) moved;
    }
    return moved;
  }

  Found next() {
    while (to - from >= Frame.HEADER) {
      frame.read(memory, from);
      Violation wrong = frame.framing(maxFrame);
      if (lost && (wrong != null || frame.type == null || frame.type.counted() || frame.fault(toDevice) != null)) {
        from += 8;
        continue;
      }
      if (wrong != null) {
        return lose(wrong);
      }
      int whole = Frame.bytes(frame.length);
      if (to - from < whole) {
        return messages ? lose(Violation.BAD_LENGTH) : Found.NOTHING;
      }
      lost = false;
      payload = from + Frame.HEADER;
      from += whole;
      fault = frame.fault(toDevice);
      if (fault == null && !padded(payload + frame.length, from)) {
        fault = Violation.BAD_FRAME;
      }
      return fault == null ? Found.FRAME : Found.FAULT;
    }
    return messages && to > from ? lose(Violation.BAD_LENGTH) : Found.NOTHING;
  }

  private Found lose(Violation cause) {
    fault = cause;
    if (messages) {
      from = to;
    } else {
      lost = true;
    }
    return Found.FAULT;
  }

  private boolean padded(long at, long end) {
    for (long i = at; i < end; i++) {
      if (memory.get(ValueLayout.JAVA_BYTE, i) != 0) {
        return false;
      }
    }
    return true;
  }

  /** The frame that was found; as far as it goes, also a faulty one. */
  Frame frame() {
    return frame;
  }

  MemorySegment memory() {
    return memory;
  }

  /** Where the payload begins in {@link #memory}. */
  long payload() {
    return payload;
  }

  Violation fault() {
    return fault;
  }
}
