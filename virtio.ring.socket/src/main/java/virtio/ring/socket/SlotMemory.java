package virtio.ring.socket;

import java.lang.foreign.Arena;
import java.util.function.IntPredicate;
import virtio.bus.DmaMemory;

/**
 * What the buffers of one queue lie in, one direction of it: a slot has as much as the largest buffer that it has seen, until all of it
 * together would be more than a bound; then slots that are not in use give up theirs. So in the steady state nothing is allocated, and
 * nobody can make it grow beyond the bound. One thread at a time.
 */
final class SlotMemory {
  /** The least memory of a slot, bytes. */
  static final int LEAST = 512;

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
    arenas = new Arena[size];
    memory = new DmaMemory[size];
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
    if (bytes == 0 || memory[slot] != null && memory[slot].bytes() >= bytes) {
      return true;
    }
    free(slot);
    long wanted = Math.max(LEAST, Integer.highestOneBit(bytes - 1 | 1) * 2L);
    for (int other = 0; held + wanted > most && other < memory.length; other++) {
      if (idle.test(other)) {
        free(other);
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
    for (int slot = 0; slot < memory.length; slot++) {
      free(slot);
    }
  }

  private void free(int slot) {
    if (memory[slot] != null) {
      held -= memory[slot].bytes();
      memory[slot] = null;
      arenas[slot].close();
    }
  }
}
