package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import virtio.bus.DmaMemory;

/**
 * Hands out stretches of one segment, lowest first, and takes them back; what it took back it may hand out again. Any thread.
 *
 * <p>Every region is zeroed, and starts and ends on a cache line of its own.
 */
final class RegionAllocator {
  private static final long GRAIN = 64;

  private final MemorySegment memory;
  /** Free stretches by their first address, none of which touches another. */
  private final TreeMap<Long, Long> free = new TreeMap<>();
  /** What is out, by its address: allocated, or in quarantine. */
  private final Map<Long, DmaMemory> allocated = new HashMap<>();
  private long quarantined;

  /** @param from and {@code to}: offsets in {@code memory}, which are also addresses, multiples of 64 */
  RegionAllocator(MemorySegment memory, long from, long to) {
    this.memory = memory;
    free.put(from, to - from);
  }

  synchronized DmaMemory allocate(long bytes, long alignment) {
    if (bytes <= 0 || alignment <= 0 || Long.bitCount(alignment) != 1) {
      throw new IllegalArgumentException("bytes=" + bytes + " alignment=" + alignment
          + "; allowed: bytes 1 or more, alignment a power of two");
    }
    if (bytes > memory.byteSize() || alignment > memory.byteSize()) {
      return null;
    }
    long mask = Math.max(GRAIN, alignment) - 1;
    long rounded = rounded(bytes);
    for (Map.Entry<Long, Long> stretch : free.entrySet()) {
      long address = stretch.getKey() + mask & ~mask;
      long end = stretch.getKey() + stretch.getValue();
      if (rounded <= end - address) {
        cut(stretch.getKey(), address, rounded, end);
        DmaMemory region = new DmaMemory(memory.asSlice(address, bytes), address);
        region.segment().fill((byte) 0);
        allocated.put(address, region);
        return region;
      }
    }
    return null;
  }

  synchronized void free(DmaMemory region) {
    long address = take(region);
    long length = rounded(region.segment().byteSize());
    Map.Entry<Long, Long> before = free.lowerEntry(address);
    if (before != null && before.getKey() + before.getValue() == address) {
      address = before.getKey();
      length += before.getValue();
    }
    Long after = free.remove(address + length);
    free.put(address, after == null ? length : length + after);
    notifyAll();
  }

  synchronized void quarantine(DmaMemory region) {
    take(region);
    quarantined += region.segment().byteSize();
    notifyAll();
  }

  synchronized long quarantined() {
    return quarantined;
  }

  /** How many regions are out, those in quarantine not counted. */
  synchronized int regions() {
    return allocated.size();
  }

  /** Waits until none is out, bounded. */
  synchronized boolean awaitEmpty(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; !allocated.isEmpty() && left > 0; left = end - System.nanoTime()) {
      wait(left / 1_000_000 + 1);
    }
    return allocated.isEmpty();
  }

  private void cut(long start, long address, long length, long end) {
    free.remove(start);
    if (address > start) {
      free.put(start, address - start);
    }
    if (end > address + length) {
      free.put(address + length, end - address - length);
    }
  }

  private long take(DmaMemory region) {
    DmaMemory known = allocated.get(region.address());
    if (known == null || !known.equals(region)) {
      throw new IllegalArgumentException("address=0x" + Long.toHexString(region.address()) + " bytes=" + region.segment().byteSize()
          + ": not allocated here");
    }
    allocated.remove(region.address());
    return region.address();
  }

  private static long rounded(long bytes) {
    return bytes + GRAIN - 1 & -GRAIN;
  }
}
