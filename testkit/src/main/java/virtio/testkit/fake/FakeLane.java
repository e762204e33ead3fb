package virtio.testkit.fake;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One direction of a {@link FakeChannel}: bytes, and, of messages, their lengths. Whoever calls holds its monitor, but for what ends it.
 * Allocates nothing after it is made.
 */
final class FakeLane {
  private final MemorySegment bytes;
  private final long capacity;
  /** The length of each message that was written and not read; null on a stream. */
  private final int[] lengths;
  private long written;
  private long arrived;
  private long read;
  private long messagesWritten;
  private long messagesArrived;
  private long messagesRead;
  private boolean delayed;
  private volatile boolean ended;
  private volatile boolean cut;

  /** @param messages how many may be under way; 0: a stream */
  FakeLane(int capacity, int messages) {
    this.capacity = capacity;
    bytes = Arena.ofAuto().allocate(capacity);
    lengths = messages == 0 ? null : new int[messages];
  }

  int capacity() {
    return (int) capacity;
  }

  long write(MemorySegment from, long offset, long length) {
    long room = capacity - (written - read);
    if (lengths != null && (room < length || messagesWritten - messagesRead == lengths.length)) {
      return 0;
    }
    long moved = Math.min(room, length);
    for (long done = 0; done < moved; ) {
      long at = (written + done) % capacity;
      long step = Math.min(moved - done, capacity - at);
      MemorySegment.copy(from, offset + done, bytes, at, step);
      done += step;
    }
    written += moved;
    if (lengths != null) {
      lengths[(int) (messagesWritten++ % lengths.length)] = (int) moved;
    }
    if (!delayed) {
      arrived = written;
      messagesArrived = messagesWritten;
    }
    return moved;
  }

  long read(MemorySegment to, long offset, long length) {
    if (!readable()) {
      return 0;
    }
    long moved = Math.min(arrived - read, length);
    if (lengths != null) {
      moved = lengths[(int) (messagesRead % lengths.length)];
      if (moved > length) {
        throw new IllegalArgumentException("length=" + length + " (the message has " + moved + ")");
      }
      messagesRead++;
    }
    for (long done = 0; done < moved; ) {
      long at = (read + done) % capacity;
      long step = Math.min(moved - done, capacity - at);
      MemorySegment.copy(bytes, at, to, offset + done, step);
      done += step;
    }
    read += moved;
    return moved;
  }

  boolean readable() {
    return arrived != read;
  }

  void delay() {
    delayed = true;
  }

  long arrive(long most) {
    if (lengths == null) {
      long step = Math.min(most, written - arrived);
      arrived += step;
      return step;
    }
    long step = Math.min(most, messagesWritten - messagesArrived);
    for (long i = 0; i < step; i++) {
      arrived += lengths[(int) (messagesArrived++ % lengths.length)];
    }
    return step;
  }

  long underWay() {
    return lengths == null ? written - arrived : messagesWritten - messagesArrived;
  }

  /** Nothing more is written; what was is still read. */
  void end() {
    ended = true;
  }

  /** Whether its end has been reached. */
  boolean isEnded() {
    return ended && arrived == written && !readable();
  }

  void cut() {
    cut = true;
  }

  boolean isCut() {
    return cut;
  }
}
