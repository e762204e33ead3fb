package virtio.host.pci;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Bytes on their way in one direction, from one writer to one reader, in order. Neither waits for the other, allocates or takes a lock.
 */
final class ByteLane {
  private final byte[] bytes;
  /** All that was ever written; the writer's. */
  private volatile long written;
  /** All that was ever read or dropped; the reader's. */
  private volatile long taken;
  /** What was written up to here nobody wants; whoever resets. */
  private volatile long dropped;

  /** @param capacity a power of two */
  ByteLane(int capacity) {
    bytes = new byte[capacity];
  }

  int readable() {
    return (int) (written - Math.max(taken, dropped));
  }

  int writable() {
    return bytes.length - (int) (written - taken);
  }

  /** As many of them as there is room for. @return how many */
  int write(MemorySegment memory, long offset, long length) {
    long at = written;
    int count = (int) Math.min(length, writable());
    int place = (int) at & bytes.length - 1;
    int first = Math.min(count, bytes.length - place);
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, bytes, place, first);
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset + first, bytes, 0, count - first);
    written = at + count;
    return count;
  }

  /** False where there is no room. */
  boolean write(byte value) {
    long at = written;
    if (writable() == 0) {
      return false;
    }
    bytes[(int) at & bytes.length - 1] = value;
    written = at + 1;
    return true;
  }

  /** As many as there are. @return how many */
  int read(MemorySegment memory, long offset, long length) {
    long at = Math.max(taken, dropped);
    int count = (int) Math.min(length, written - at);
    int place = (int) at & bytes.length - 1;
    int first = Math.min(count, bytes.length - place);
    MemorySegment.copy(bytes, place, memory, ValueLayout.JAVA_BYTE, offset, first);
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, offset + first, count - first);
    taken = at + count;
    return count;
  }

  /** -1 where there is none. */
  int read() {
    long at = Math.max(taken, dropped);
    if (written == at) {
      return -1;
    }
    int value = Byte.toUnsignedInt(bytes[(int) at & bytes.length - 1]);
    taken = at + 1;
    return value;
  }

  /** What is on its way is not wanted: the reader does not see it, and makes room when it looks next. Any thread. */
  void drop() {
    dropped = written;
  }
}
