package virtio.ring.socket;

import java.lang.foreign.Arena;
import java.util.function.IntPredicate;
import virtio.bus.DmaMemory;

/**
 * What the buffers of one queue lie in, one direction of it: a slot in use has a block of the power of two that its buffer needs, no more.
 * Blocks that are not in use are kept for the next ones, until all together would be more than a bound; then they are given up. So in the
 * steady state nothing is allocated, nobody can make it grow beyond the bound, and no slot has what only an earlier buffer needed. One
 * thread at a time.
 */
final class SlotMemory {
  /** The least memory of a slot, bytes. */
  static final int LEAST = 512;

  /** Places for each slot: its own, and one for a block that nobody has. */
  private static final int PLACES = 2;

  private final int slots;
  private final Arena[] arenas;
  private final DmaMemory[] memory;
  private final long most;
  private final IntPredicate idle;
  private long held;

  /**
   * @param most bytes of all slots together
   * @param idle whether a slot's memory is not in use: it may be freed
   */
  SlotMemory(int size, long most, IntPredicate idle) {
    slots = size;
    arenas = new Arena[PLACES * size];
    memory = new DmaMemory[PLACES * size];
    this.most = most;
    this.idle = idle;
  }

  /** Null before it was provided. */
  DmaMemory of(int slot) {
    return memory[slot];
  }

  long held() {
    return held;
  }

  /** Sees to it that a slot, whose memory is not in use, has that much. @return false: those that are in use hold too much */
  boolean provide(int slot, int bytes) {
    long wanted = Math.max(LEAST, Integer.highestOneBit(bytes - 1 | 1) * 2L);
    return bytes == 0 || bytes(slot) == wanted || found(slot, wanted) || allocated(slot, wanted);
  }

  private long bytes(int place) {
    return memory[place] == null ? 0 : memory[place].bytes();
  }

  private boolean isIdle(int place) {
    return place >= slots || idle.test(place);
  }

  /** Takes such a block from where it is not in use; or lays its own, which is of another length, where there is none. */
  private boolean found(int slot, long wanted) {
    int none = slot;
    for (int place = 0; place < memory.length; place++) {
      long there = bytes(place);
      if (there == wanted && isIdle(place)) {
        exchange(slot, place);
        return true;
      }
      if (there == 0 && none == slot && isIdle(place)) {
        none = place;
      }
    }
    exchange(slot, none);
    return false;
  }

  private void exchange(int one, int other) {
    DmaMemory block = memory[one];
    memory[one] = memory[other];
    memory[other] = block;
    Arena arena = arenas[one];
    arenas[one] = arenas[other];
    arenas[other] = arena;
  }

  private boolean allocated(int slot, long wanted) {
    free(slot);   // where there was no place for it
    for (int place = 0; held + wanted > most && place < memory.length; place++) {
      if (bytes(place) > 0 && isIdle(place)) {
        free(place);
      }
    }
    if (held + wanted > most) {
      return false;
    }
    arenas[slot] = Arena.ofShared();
    memory[slot] = new DmaMemory(arenas[slot].allocate(wanted, 8), 0);
    held += wanted;
    return true;
  }

  /** Frees all. */
  void free() {
    for (int place = 0; place < memory.length; place++) {
      free(place);
    }
  }

  private void free(int place) {
    if (memory[place] != null) {
      held -= memory[place].bytes();
      memory[place] = null;
      arenas[place].close();
    }
  }
}
