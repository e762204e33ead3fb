package virtio.driver.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import virtio.net.Card;
import virtio.net.Frame;

/**
 * Puts a packet together that lies in several buffers: all of them, or nothing. Its buffers may come one after the other, and nobody sees a
 * part. The receiver's lock guards it.
 *
 * <p>Spec: virtio 1.4, "Network Device", "Processing of Incoming Packets"
 */
final class Gathering {
  /** Not a buffer's. */
  static final int ID = -1;
  private static final int STRIDE = 64;

  private final FrameStack free;
  private final MemorySegment longest;
  private Frame whole;
  private int missing;
  private int length;
  private boolean bad;
  private boolean dropped;
  private long gathered;
  private long gatheredBytes;
  private long drops;

  /** @param count how many users may hold; 0 where there is no need. @param bytes of the longest */
  Gathering(int count, int bytes, Card card) {
    int row = (bytes + STRIDE - 1) / STRIDE * STRIDE;
    free = new FrameStack(count);
    // For as long as anybody holds one of them: the device never sees this memory.
    longest = count == 0 ? MemorySegment.NULL : Arena.ofAuto().allocate((long) count * row, STRIDE);
    for (int i = 0; i < count; i++) {
      free.push(new Frame(card, ID, longest.asSlice((long) i * row, bytes)));
    }
  }

  /** Whether a packet is not whole yet. */
  boolean waits() {
    return missing > 0;
  }

  /** Whether the packet that ended last ended for want of room here. */
  boolean dropped() {
    return dropped;
  }

  /** @param first its length and checksum fields are those of the first part */
  void begin(Frame first, int buffers) {
    missing = buffers - 1;
    length = 0;
    bad = false;
    whole = free.pop();
    dropped = whole == null;
    if (whole != null) {
      append(first.memory(), 0, first.length());
      whole.checksumValid(first.checksumValid());
      if (first.checksumWanted()) {
        whole.checksum(first.checksumStart(), first.checksumOffset());
      }
    }
  }

  /** One more, which has no header. @return the packet, handed out, when that was the last; null: more to come, or it was no good */
  Frame add(MemorySegment part, long at, long written) {
    missing--;
    if (whole != null) {
      append(part, at, (int) written);
    }
    if (missing > 0) {
      return null;
    }
    Frame done = whole;
    whole = null;
    if (done == null) {
      drops++;
      return null;
    }
    done.length(length);
    if (bad || done.checksumWanted() && !done.checksumInside()) {
      free.push(done);
      return null;
    }
    gathered++;
    gatheredBytes += length;
    return done.hand();
  }

  private void append(MemorySegment from, long offset, int bytes) {
    if (bytes == 0 || bytes > whole.memory().byteSize() - length) {
      bad = true;
      return;
    }
    MemorySegment.copy(from, offset, whole.memory(), length, bytes);
    length += bytes;
  }

  void release(Frame frame) {
    free.push(frame);
  }

  long gathered() {
    return gathered;
  }

  long gatheredBytes() {
    return gatheredBytes;
  }

  long drops() {
    return drops;
  }
}
