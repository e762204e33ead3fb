package virtio.ring.socket;

import java.lang.foreign.MemorySegment;
import virtio.bus.Violation;

/**
 * Readable bytes of one queue on their way in: in the order of ADD, within the credit, and a buffer is complete only when all before it
 * are. Credit comes back when a buffer is complete, as its bytes then lie in memory of its own; but for what would be more than this half
 * holds, which comes back as buffers are used. The pump's.
 */
final class Arrivals {
  private final Slots slots;
  private final int held;
  /** Readable bytes that are here, by slot. */
  private final int[] have;
  /** Slots that are not complete, in the order of ADD. */
  private final int[] coming;
  private int count;
  /** Readable bytes that may come, that have, and what the driver was told of the first; all wrap. */
  private int credit;
  private int received;
  private int told;
  /** Bytes of buffers whose slots are not free again. */
  private long here;
  /** Credit that is to come back. */
  private long owed;

  /** @param held the most bytes that are here or allowed */
  Arrivals(Slots slots, int held) {
    this.slots = slots;
    this.held = held;
    have = new int[slots.size()];
    coming = new int[slots.size()];
  }

  void open(int window) {
    count = 0;
    credit = window;
    received = 0;
    told = window;
    here = 0;
    owed = 0;
  }

  /** What the driver is told now. */
  int tell() {
    told = credit;
    return credit;
  }

  /** Whether there is news that the driver may wait for: it knows of less credit than one buffer may need. */
  boolean isNewsDue(int largest) {
    return told != credit && told - received < largest;
  }

  void begin(int slot) {
    have[slot] = 0;
    coming[count++] = slot;
  }

  boolean isWaiting(int slot) {
    return slots.isComing(slot) && have[slot] < slots.readableBytes(slot);
  }

  int have(int slot) {
    return have[slot];
  }

  /** Takes the bytes of one frame; MORE says whether they are the last. */
  Violation take(Frame frame, int slot, FrameReader reader) {
    int length = frame.length;
    int left = slots.readableBytes(slot) - have[slot];
    if (length > left || length > 0 && slot != first()) {
      return Violation.BAD_OFFSET;
    }
    if (length > credit - received) {
      return Violation.CREDIT_EXCEEDED;
    }
    if (frame.more() == (length == left)) {
      return Violation.BAD_FLAGS;
    }
    if (length > 0) {
      if (have[slot] == 0 && !slots.provide(slot)) {
        return Violation.CHAIN_TOO_LONG;   // not within the credit
      }
      MemorySegment.copy(reader.memory(), reader.payload(), slots.readable(slot).segment(), have[slot], length);
      have[slot] += length;
      received += length;
      here += length;
    }
    return null;
  }

  /** The first slot that waits for bytes. */
  private int first() {
    for (int i = 0; i < count; i++) {
      if (have[coming[i]] < slots.readableBytes(coming[i])) {
        return coming[i];
      }
    }
    return -1;
  }

  /** Lets the first ones be taken by the model, as far as they are whole. @return whether there was one */
  boolean complete() {
    int whole = 0;
    while (whole < count && have[coming[whole]] == slots.readableBytes(coming[whole])) {
      owed += have[coming[whole]];
      slots.complete(coming[whole++]);
    }
    System.arraycopy(coming, whole, coming, 0, count - whole);
    count -= whole;
    grant();
    return whole > 0;
  }

  private void grant() {
    int more = (int) Math.max(0, Math.min(owed, held - here - (credit - received)));
    owed -= more;
    credit += more;
  }

  /** A complete one is used, or was passed: its slot is free. */
  void free(int slot) {
    here -= slots.readableBytes(slot);
    grant();
  }

  /** It does not come any more. */
  void forget(int slot) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (coming[i] != slot) {
        coming[kept++] = coming[i];
      }
    }
    count = kept;
    owed += have[slot];
    here -= have[slot];
    grant();
  }

  /** None of them comes any more. */
  void clear() {
    count = 0;
  }
}
