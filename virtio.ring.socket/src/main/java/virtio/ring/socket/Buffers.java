package virtio.ring.socket;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import virtio.bus.Chain;

/**
 * The buffers of one queue of the driver's half: what its owner and the pump both know of each. A place here has nothing to do with the
 * slot that the buffer has on the wire, which the pump chooses.
 *
 * <pre>
 *            add         sync         ADD goes out         USED came          get
 *   FREE ---------> ADDED ----> SYNCED ----------> OUT ----------------> USED -------> FREE
 *                     |            |                |
 *                     | detach     | detach         | detach
 *                     v            v                v
 *                   FREE        DROPPED         CANCELLED      the pump gives these two back: FREE
 * </pre>
 *
 * The pump copies to and from the buffer's memory only while it holds it: {@code HELD} in the place of {@code OUT}. So whoever gets it back
 * has it alone.
 */
final class Buffers {
  private static final int FREE = 0;
  private static final int ADDED = 1;
  private static final int SYNCED = 2;
  private static final int OUT = 3;
  private static final int HELD = 4;
  private static final int USED = 5;
  private static final int DROPPED = 6;
  private static final int CANCELLED = 7;
  /** How often a detach looks again at a buffer that is being copied at that moment: longer than a frame takes. */
  private static final int LOOKS = 10_000;

  /** Synced, from owner to pump. */
  final SlotList outgoing;
  /** Used, from pump to owner. */
  final SlotList used;
  /** Taken back while the pump knew of them, from pump to owner. */
  private final SlotList returned;
  private final AtomicIntegerArray state;
  private final Chain[] chains;
  private final Object[] tokens;
  private final long[] written;
  /** The pump's: the slot on the wire, or -1. */
  private final int[] slots;
  /** The owner's stack. */
  private final int[] free;
  private int freeCount;
  private volatile int cancelled;

  Buffers(int size) {
    outgoing = new SlotList(size);
    used = new SlotList(size);
    returned = new SlotList(size);
    state = new AtomicIntegerArray(size);
    chains = new Chain[size];
    tokens = new Object[size];
    written = new long[size];
    slots = new int[size];
    Arrays.fill(slots, -1);
    free = new int[size];
    for (int i = 0; i < size; i++) {
      chains[i] = new Chain(2);
      release(size - 1 - i);
    }
  }

  int size() {
    return tokens.length;
  }

  Chain chain(int buffer) {
    return chains[buffer];
  }

  // The owner's.

  /** Keeps a buffer; false when there is no place. Allocates only for a chain longer than all before it in that place. */
  boolean add(Chain chain, Object token) {
    if (freeCount == 0 && !collect()) {
      return false;
    }
    int buffer = free[--freeCount];
    if (chain.parts() > chains[buffer].maxParts()) {
      chains[buffer] = new Chain(Integer.highestOneBit(chain.parts()) << 1);
    }
    chains[buffer].copy(chain);
    tokens[buffer] = token;
    state.setPlain(buffer, ADDED);
    outgoing.put(buffer);
    return true;
  }

  private boolean collect() {
    while (!returned.isEmpty()) {
      release(returned.poll());
    }
    return freeCount > 0;
  }

  private void release(int buffer) {
    free[freeCount++] = buffer;
  }

  /** Lets the pump see what was added. @return how many */
  int sync() {
    for (int at = 0, news = outgoing.unpublished(); at < news; at++) {
      state.setPlain(outgoing.unpublished(at), SYNCED);
    }
    return outgoing.publish();
  }

  /** The next used buffer; there must be one. */
  Object take() {
    int buffer = used.poll();
    Object token = tokens[buffer];
    tokens[buffer] = null;
    state.setPlain(buffer, FREE);
    release(buffer);
    return token;
  }

  /** How much was written to the next used buffer. */
  long written() {
    return written[used.peek()];
  }

  /** Takes a buffer back from a queue that is well. False: it is not here, is used, or is being copied for longer than this looks. */
  boolean detach(Object token) {
    for (int buffer = 0; buffer < tokens.length; buffer++) {
      if (tokens[buffer] == token && detach(buffer)) {
        return true;
      }
    }
    return false;
  }

  private boolean detach(int buffer) {
    for (int look = 0; look < LOOKS; look++) {
      switch (state.get(buffer)) {
        case ADDED -> {
          outgoing.retract(buffer);
          forget(buffer);
          return true;
        }
        case SYNCED -> {
          if (state.compareAndSet(buffer, SYNCED, DROPPED)) {
            tokens[buffer] = null;
            return true;
          }
        }
        case OUT -> {
          if (state.compareAndSet(buffer, OUT, CANCELLED)) {
            tokens[buffer] = null;
            cancelled++;   // the owner alone writes it
            return true;
          }
        }
        case HELD -> Thread.onSpinWait();
        default -> {
          return false;
        }
      }
    }
    return false;
  }

  /** Takes back any buffer that is still out; nobody is in the pump for this queue any more. */
  boolean forget(Object token) {
    for (int buffer = 0; buffer < tokens.length; buffer++) {
      if (tokens[buffer] == token) {
        forget(buffer);
        return true;
      }
    }
    return false;
  }

  private void forget(int buffer) {
    tokens[buffer] = null;
    state.setPlain(buffer, FREE);
    release(buffer);
  }

  // The pump's.

  /** How often the owner has taken back what is out; whoever sees another number than before looks for it. */
  int cancelled() {
    return cancelled;
  }

  boolean isCancelled(int buffer) {
    return state.get(buffer) == CANCELLED;
  }

  /** The next outgoing buffer goes on the wire, and is held; false when it was taken back before. */
  boolean begin(int buffer) {
    return state.compareAndSet(buffer, SYNCED, HELD);
  }

  /** For copying; false when it was taken back. */
  boolean hold(int buffer) {
    return state.compareAndSet(buffer, OUT, HELD);
  }

  void letGo(int buffer) {
    state.set(buffer, OUT);
  }

  /** It was held, and is used. */
  void use(int buffer, long bytes) {
    written[buffer] = bytes;
    state.set(buffer, USED);
    used.put(buffer);
    used.publish();
  }

  /** One that was taken back is of no concern any more. */
  void giveBack(int buffer) {
    slots[buffer] = -1;
    state.set(buffer, FREE);
    returned.put(buffer);
    returned.publish();
  }

  int slot(int buffer) {
    return slots[buffer];
  }

  void slot(int buffer, int slot) {
    slots[buffer] = slot;
  }
}
