package virtio.device.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Frames that wait for one reader: a fixed number of places of a fixed size, made once. Any number of threads put frames in, none waits for
 * another, and nothing is allocated; a frame that finds no place is the caller's to count.
 *
 * <p>Each place has a turn, the number of the frame that may be put there next, and that number plus one once it is there. A writer takes a
 * number by the tail and owns that number's place until it passes the turn on, so only whoever has put nothing yet can keep the reader from
 * frames behind its own.
 */
final class FrameRing {
  private static final int LENGTH = 0;
  private static final int SUM_START = 4;
  private static final int SUM_OFFSET = 8;
  private static final int HEADER = 16;
  private static final VarHandle TAIL;

  static {
    try {
      TAIL = MethodHandles.lookup().findVarHandle(FrameRing.class, "tail", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int mask;
  private final int room;
  private final long place;
  private final MemorySegment memory;
  private final AtomicLongArray turns;
  private volatile long tail;
  /** The reader's. */
  private long head;

  /**
   * @param places a power of two
   * @param room bytes of the longest frame
   */
  FrameRing(int places, int room) {
    this.mask = places - 1;
    this.room = room;
    this.place = HEADER + (room + 15L & -16L);
    this.memory = Arena.ofAuto().allocate(places * place, 16);
    this.turns = new AtomicLongArray(places);
    for (int i = 0; i < places; i++) {
      turns.set(i, i);
    }
  }

  /** Bytes of the longest frame. */
  int room() {
    return room;
  }

  /** Copies a frame in. Any thread. @return false when all places are taken */
  boolean put(Frame frame) {
    long number;
    while (true) {
      number = tail;
      long turn = turns.getAcquire((int) number & mask);   // the reader has left the place: pairs with its release in remove
      if (turn < number) {
        return false;
      }
      if (turn == number && TAIL.compareAndSet(this, number, number + 1)) {
        break;
      }
    }
    long at = (number & mask) * place;
    memory.set(ValueLayout.JAVA_INT, at + LENGTH, frame.length);
    memory.set(ValueLayout.JAVA_INT, at + SUM_START, frame.sumStart);
    memory.set(ValueLayout.JAVA_INT, at + SUM_OFFSET, frame.sumOffset);
    MemorySegment.copy(frame.bytes, 0, memory, at + HEADER, frame.length);
    turns.set((int) number & mask, number + 1);   // volatile: in order with the look whether the reader sleeps, which follows
    return true;
  }

  /** Whether there is nothing to read. The reader's, as all that follows. */
  boolean isEmpty() {
    return turns.get((int) head & mask) != head + 1;   // volatile: in order with the reader's word that it sleeps, which came before
  }

  /** Where all frames lie. */
  MemorySegment memory() {
    return memory;
  }

  /** Where the first of them begins; not empty. */
  long at() {
    return (head & mask) * place + HEADER;
  }

  int length() {
    return memory.get(ValueLayout.JAVA_INT, at() - HEADER + LENGTH);
  }

  /** As in {@link Frame#sumStart}. */
  int sumStart() {
    return memory.get(ValueLayout.JAVA_INT, at() - HEADER + SUM_START);
  }

  int sumOffset() {
    return memory.get(ValueLayout.JAVA_INT, at() - HEADER + SUM_OFFSET);
  }

  /** Makes the checksum that the first frame still needs. */
  void complete() {
    int start = sumStart();
    if (start >= 0) {
      Frame.sum(memory, at(), length(), start, sumOffset());
      memory.set(ValueLayout.JAVA_INT, at() - HEADER + SUM_START, -1);
    }
  }

  /** The first frame is done with. */
  void remove() {
    turns.setRelease((int) head & mask, head + mask + 1);
    head++;
  }
}
