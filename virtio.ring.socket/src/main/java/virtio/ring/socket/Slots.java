package virtio.ring.socket;

import java.lang.foreign.Arena;
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
  /** The least memory of a slot, bytes. */
  private static final int LEAST = 512;

  /** Complete, from pump to owner. */
  final SlotList ready;
  /** Pushed and synced, from owner to pump. */
  final SlotList used;
  private final Arena arena;
  private final AtomicIntegerArray state;
  private final DmaMemory[] readable;
  private final DmaMemory[] writable;
  private final int[] readableBytes;
  private final int[] writableBytes;
  private final long[] prefix;
  private final long[] tail;
  private final long[] tailEnd;
  private volatile int passed;

  Slots(int size, Arena arena) {
    this.arena = arena;
    ready = new SlotList(size);
    used = new SlotList(size);
    state = new AtomicIntegerArray(size);
    readable = new DmaMemory[size];
    writable = new DmaMemory[size];
    readableBytes = new int[size];
    writableBytes = new int[size];
    prefix = new long[size];
    tail = new long[size];
    tailEnd = new long[size];
  }

  int size() {
    return readable.length;
  }

  // The pump's.

  boolean isFree(int slot) {
    return state.get(slot) == FREE;
  }

  boolean isComing(int slot) {
    return state.get(slot) == COMING;
  }

  boolean isTaken(int slot) {
    return state.get(slot) == TAKEN;
  }

  boolean isPushed(int slot) {
    return state.get(slot) == PUSHED;
  }

  /** A buffer begins to come. Its memory grows with the largest that the slot has seen. */
  void begin(int slot, int readableTotal, int writableTotal) {
    readable[slot] = grown(readable[slot], readableTotal);
    readableBytes[slot] = readableTotal;
    writableBytes[slot] = writableTotal;
    state.set(slot, COMING);
  }

  private DmaMemory grown(DmaMemory memory, int bytes) {
    if (bytes == 0 || memory != null && memory.bytes() >= bytes) {
      return memory;
    }
    long enough = Math.max(LEAST, Integer.highestOneBit(bytes - 1 | 1) * 2L);
    return new DmaMemory(arena.allocate(enough, 8), 0);
  }

  DmaMemory readable(int slot) {
    return readable[slot];
  }

  DmaMemory writable(int slot) {
    return writable[slot];
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

  /** The next complete buffer, or -1. */
  int take() {
    while (!ready.isEmpty()) {
      int slot = ready.poll();
      if (state.compareAndSet(slot, READY, TAKEN)) {
        return slot;
      }
      state.set(slot, PASSED);
      passed++;   // the owner alone writes it
    }
    return -1;
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
      chain.readable(readable[slot], 0, out);
    }
    if (in > 0) {
      writable[slot] = grown(writable[slot], in);
      chain.writable(writable[slot], 0, in);
    }
    return true;
  }

  boolean isOwners(int slot) {
    return slot >= 0 && slot < readable.length && state.get(slot) == TAKEN;
  }

  void push(int slot, Chain chain) {
    prefix[slot] = chain.written();
    tail[slot] = chain.tail();
    tailEnd[slot] = chain.tailEnd();
    state.set(slot, PUSHED);
    used.put(slot);
  }
}
