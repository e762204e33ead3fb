package virtio.ring.socket;

import java.lang.foreign.MemorySegment;
import virtio.bus.Channel;

/**
 * Puts frames on a channel: several at a time, as many as fit its memory or one message. A batch goes out whole before the next one is
 * begun. The pump's.
 */
final class FrameWriter {
  private final Channel channel;
  private final MemorySegment memory;
  private final FrameTrace trace;
  private final boolean toDevice;
  private final int most;
  private final Frame frame = new Frame();
  private int maxFrame;
  private int session;
  private int sequence;
  private int from;
  private int to;

  /**
   * @param memory at least two frames
   * @param maxFrame the longest frame, until something else is agreed
   */
  FrameWriter(Channel channel, MemorySegment memory, int maxFrame, FrameTrace trace, boolean toDevice) {
    this.channel = channel;
    this.memory = memory;
    this.maxFrame = maxFrame;
    this.trace = trace;
    this.toDevice = toDevice;
    int message = channel.maxMessage();
    most = message == 0 ? (int) memory.byteSize() : (int) Math.min(memory.byteSize(), message);
  }

  /** A session begins: its number, and sequence 0. */
  void session(int number) {
    session = number;
    sequence = 0;
  }

  /** The longest frame from now on. */
  void maxFrame(int bytes) {
    maxFrame = bytes;
  }

  boolean isEmpty() {
    return from == to;
  }

  /** Whether a frame of the greatest length fits the batch; of one under way nothing more. */
  boolean hasRoom() {
    return from == 0 && most - to >= maxFrame;
  }

  /** The most payload of one frame. */
  int mostPayload() {
    return maxFrame - Frame.HEADER;
  }

  /** Begins a frame; {@link #end} puts it into the batch. */
  Frame begin(FrameType type, int queue) {
    frame.begin(type, queue).session = session;
    return frame;
  }

  MemorySegment memory() {
    return memory;
  }

  /** Where the payload of the frame that has begun lies in {@link #memory}. */
  long payload() {
    return to + Frame.HEADER;
  }

  void end() {
    if (frame.type.counted()) {
      frame.sequence = sequence;
      sequence = sequence + 1 & 0xFFFF;
    }
    frame.write(memory, to);
    trace.note(frame, toDevice);
    to += Frame.bytes(frame.length);
  }

  /** Hands on what there is, as {@link Channel#transfer} does. */
  long flush() {
    long moved = channel.transfer(memory, from, to - from, Channel.Direction.WRITE);
    if (moved > 0) {
      from += (int) moved;
      if (from == to) {
        from = 0;
        to = 0;
      }
    }
    return moved;
  }
}
