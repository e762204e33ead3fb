package virtio.bus.machine;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import virtio.bus.AddressSpace;
import virtio.bus.DmaMemory;

/**
 * One stretch of memory as an address space, as one side of a machine uses it: it allocates from its own part, and adopts what the other
 * side may rightly point it to. Addresses are not translated. Lowest first; what comes back may be handed out again. Every region is zeroed,
 * and starts and ends on a cache line of its own. Any thread.
 */
public final class RegionAllocator implements AddressSpace {
  private static final long GRAIN = 64;

  private final DmaMemory memory;
  private final DmaMemory foreign;
  /** Free stretches by their first address, none of which touches another. */
  private final TreeMap<Long, Long> free = new TreeMap<>();
  /** What is out, by its address, but for what is in quarantine. */
  private final Map<Long, DmaMemory> allocated = new HashMap<>();
  private long quarantined;

  /**
   * @param own what is handed out; its address is a multiple of 64
   * @param foreign what is adopted
   */
  public RegionAllocator(DmaMemory own, DmaMemory foreign) {
    this.memory = own;
    this.foreign = foreign;
    free.put(own.address(), own.bytes() & -GRAIN);
  }

  /** That part of some memory. */
  public static DmaMemory part(DmaMemory whole, long offset, long bytes) {
    return new DmaMemory(whole.segment().asSlice(offset, bytes), whole.address() + offset);
  }

  @Override
  public boolean translated() {
    return false;
  }

  @Override
  public synchronized DmaMemory allocate(long bytes, long alignment) {
    if (bytes <= 0 || alignment <= 0 || Long.bitCount(alignment) != 1) {
      throw new IllegalArgumentException("bytes=" + bytes + " alignment=" + alignment
          + "; allowed: bytes 1 or more, alignment a power of two");
    }
    if (bytes > memory.bytes()) {
      return null;
    }
    long mask = Math.max(GRAIN, alignment) - 1;
    long rounded = rounded(bytes);
    for (Map.Entry<Long, Long> stretch : free.entrySet()) {
      long address = stretch.getKey() + mask & ~mask;
      long end = stretch.getKey() + stretch.getValue();
      if (rounded <= end - address) {
        cut(stretch.getKey(), address, rounded, end);
        DmaMemory region = new DmaMemory(segment(address, bytes), address);
        region.segment().fill((byte) 0);
        allocated.put(address, region);
        return region;
      }
    }
    return null;
  }

  @Override
  public DmaMemory adopt(long address, long bytes) {
    return foreign.holds(address, bytes) ? foreign : null;
  }

  @Override
  public synchronized void free(DmaMemory region) {
    long address = take(region);
    long length = rounded(region.bytes());
    Map.Entry<Long, Long> before = free.lowerEntry(address);
    if (before != null && before.getKey() + before.getValue() == address) {
      address = before.getKey();
      length += before.getValue();
    }
    Long after = free.remove(address + length);
    free.put(address, after == null ? length : length + after);
    notifyAll();
  }

  @Override
  public synchronized void quarantine(DmaMemory region) {
    take(region);
    quarantined += region.bytes();
    notifyAll();
  }

  @Override
  public synchronized long quarantined() {
    return quarantined;
  }

  /** How many regions are out, those in quarantine not counted. */
  public synchronized int regions() {
    return allocated.size();
  }

  /** Waits until at most that many are out, bounded; false if more still are. */
  public synchronized boolean awaitRegions(int most, long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; allocated.size() > most && left > 0; left = end - System.nanoTime()) {
      wait(left / 1_000_000 + 1);
    }
    return allocated.size() <= most;
  }

  private MemorySegment segment(long address, long bytes) {
    return memory.segment().asSlice(address - memory.address(), bytes);
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
      throw new IllegalArgumentException("address=0x" + Long.toHexString(region.address()) + " bytes=" + region.bytes()
          + ": not allocated here");
    }
    allocated.remove(region.address());
    return region.address();
  }

  private static long rounded(long bytes) {
    return bytes + GRAIN - 1 & -GRAIN;
  }
}
