package virtio.ring.socket;

import java.util.concurrent.atomic.AtomicIntegerArray;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;

/**
 * The slots of one queue of the device's half: what its owner and the pump both know of each, and their memory.
 *
 * <pre>
 *          ADD            all is here        take          push       last frame of USED is sent
 *   FREE --------> COMING -----------> READY -----> TAKEN -----> PUSHED ------------------------> FREE
 *                    |                   |
 *                    | DETACH, RESET     | DETACH, RESET
 *                    v                   v         passed by take
 *                  FREE               DROPPED ----------------------> PASSED ---> FREE, by the pump
 * </pre>
 */
final class Slots {
  private static final int FREE = 0;
  private static final int COMING = 1;
  private static final int READY = 2;
  private static final int TAKEN = 3;
  private static final int PUSHED = 4;
  private static final int DROPPED = 5;
  private static final int PASSED = 6;

  /** Complete, from pump to owner. */
  final SlotList ready;
  /** Pushed and synced, from owner to pump. */
  final SlotList used;
  private final AtomicIntegerArray state;
  /** The pump's: what the driver has sent lies here until its slot is free. */
  private final SlotMemory readable;
  /** The owner's, who takes only what there is memory for: the pump reads of it what was pushed. */
  private final SlotMemory writable;
  private final int[] readableBytes;
  private final int[] writableBytes;
  /** The pump's: of what comes, some is here. */
  private final boolean[] begun;
  private final long[] prefix;
  private final long[] tail;
  private final long[] tailEnd;
  private volatile int passed;
  /** A buffer waits for memory that others hold. Set by the owner, cleared by the pump. */
  private volatile boolean wanting;

  /** @param most bytes for all of them, each way */
  Slots(int size, long most) {
    ready = new SlotList(size);
    used = new SlotList(size);
    state = new AtomicIntegerArray(size);
    readable = new SlotMemory(size, most, this::isBare);
    writable = new SlotMemory(size, most, this::isUnwritten);
    readableBytes = new int[size];
    writableBytes = new int[size];
    begun = new boolean[size];
    prefix = new long[size];
    tail = new long[size];
    tailEnd = new long[size];
  }

  int size() {
    return prefix.length;
  }

  /** Bytes of memory, of both directions. Nobody is beside the caller. */
  long held() {
    return readable.held() + writable.held();
  }

  /** Frees their memory; nobody is beside the caller. */
  void close() {
    readable.free();
    writable.free();
  }

  // The pump's.

  boolean isFree(int slot) {
    return state.get(slot) == FREE;
  }

  boolean isComing(int slot) {
    return state.get(slot) == COMING;
  }

  /** Nothing of a buffer is here; or there is nothing to read in it. */
  private boolean isBare(int slot) {
    return isFree(slot) || !begun[slot];
  }

  /** Nobody has a buffer that may be written. The owner's, as is the step from TAKEN to PUSHED. */
  private boolean isUnwritten(int slot) {
    return isTaken(slot) ? writableBytes[slot] == 0 : !isPushed(slot);
  }

  boolean isTaken(int slot) {
    return state.get(slot) == TAKEN;
  }

  boolean isPushed(int slot) {
    return state.get(slot) == PUSHED;
  }

  /** A buffer begins to come: so much is announced, and nothing is allocated for that. */
  void begin(int slot, int readableTotal, int writableTotal) {
    readableBytes[slot] = readableTotal;
    writableBytes[slot] = writableTotal;
    begun[slot] = false;
    state.set(slot, COMING);
  }

  /** Its first bytes are here. @return false: there is no memory for them */
  boolean provide(int slot) {
    begun[slot] = readable.provide(slot, readableBytes[slot]);
    return begun[slot];
  }

  DmaMemory readable(int slot) {
    return readable.of(slot);
  }

  DmaMemory writable(int slot) {
    return writable.of(slot);
  }

  int readableBytes(int slot) {
    return readableBytes[slot];
  }

  /** All its readable bytes are here: the owner may take it. */
  void complete(int slot) {
    state.set(slot, READY);
    ready.put(slot);
    ready.publish();
  }

  /** Takes a complete buffer from its owner; false when the owner has it. */
  boolean drop(int slot) {
    return state.compareAndSet(slot, READY, DROPPED);
  }

  /** Changes when a dropped one has been passed by its owner. */
  int passed() {
    return passed;
  }

  /** Frees a dropped one that its owner has passed. */
  boolean freePassed(int slot) {
    return state.compareAndSet(slot, PASSED, FREE);
  }

  void free(int slot) {
    state.set(slot, FREE);
  }

  /** After one was freed: whether its owner has waited for memory, and may try again. */
  boolean satisfies() {
    if (!wanting) {   // read after the state was written, and written by the owner before it looks at states again
      return false;
    }
    wanting = false;
    return true;
  }

  /** Bytes written from the start. */
  long prefix(int slot) {
    return prefix[slot];
  }

  /** Where the second stretch of written bytes begins. */
  long tail(int slot) {
    return tail[slot];
  }

  /** Where it ends; 0 for none. */
  long tailEnd(int slot) {
    return tailEnd[slot];
  }

  // The owner's.

  /** The next complete buffer, with memory for what it may write; or -1. */
  int take() {
    if (wanting) {
      wanting = false;   // it looks anew now, at whatever comes first
    }
    while (!ready.isEmpty()) {
      if (state.get(ready.peek()) == READY && !writes(ready.peek())) {
        return -1;
      }
      int slot = ready.poll();
      if (state.compareAndSet(slot, READY, TAKEN)) {
        return slot;
      }
      state.set(slot, PASSED);
      passed++;   // the owner alone writes it
    }
    return -1;
  }

  private boolean writes(int slot) {
    if (writable.provide(slot, writableBytes[slot])) {
      return true;
    }
    wanting = true;   // before another look at who holds what; pairs with the pump's look after it has freed one
    if (!writable.provide(slot, writableBytes[slot])) {
      return false;
    }
    wanting = false;
    return true;
  }

  /** Whether the one there, the next, waits for memory that others hold: the pump says when to try again. One taken back waits no more. */
  boolean isWanting(int position) {
    return wanting && state.get(ready.at(position)) == READY;
  }

  /** @return false when it has room for fewer parts */
  boolean fill(int slot, Chain chain) {
    int out = readableBytes[slot];
    int in = writableBytes[slot];
    chain.id(slot);
    if (out > 0 && in > 0 && chain.maxParts() < 2) {
      return false;
    }
    if (out > 0) {
      chain.readable(readable.of(slot), 0, out);
    }
    if (in > 0) {
      chain.writable(writable.of(slot), 0, in);
    }
    return true;
  }

  boolean isOwners(int slot) {
    return slot >= 0 && slot < size() && state.get(slot) == TAKEN;
  }

  void push(int slot, Chain chain) {
    prefix[slot] = chain.written();
    tail[slot] = chain.tail();
    tailEnd[slot] = chain.tailEnd();
    state.set(slot, PUSHED);
    used.put(slot);
  }
}
