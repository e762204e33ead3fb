package virtio.testkit.fake;

import java.lang.foreign.Arena;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import virtio.bus.AddressSpace;
import virtio.bus.DmaMemory;

/** An address space that counts: what is out, what is set aside. Addresses are never used twice. */
public final class FakeMemory implements AddressSpace {
  private final boolean translated;
  private final ConcurrentSkipListMap<Long, DmaMemory> regions = new ConcurrentSkipListMap<>();
  private final ConcurrentSkipListMap<Long, DmaMemory> aside = new ConcurrentSkipListMap<>();
  private long next = 0x10_0000;
  private long room = 64 << 20;

  public FakeMemory(boolean translated) {
    this.translated = translated;
  }

  /** How many bytes more can be allocated: 64 MiB, unless said. */
  public synchronized FakeMemory room(long bytes) {
    room = bytes;
    return this;
  }

  /** Regions allocated and neither freed nor set aside. */
  public int live() {
    return regions.size() - aside.size();
  }

  @Override
  public boolean translated() {
    return translated;
  }

  @Override
  public synchronized DmaMemory allocate(long bytes, long alignment) {
    if (bytes > room) {
      return null;
    }
    room -= bytes;
    next = next + alignment - 1 & -alignment;
    DmaMemory region = new DmaMemory(Arena.ofAuto().allocate(bytes, Math.max(8, alignment)), next);
    regions.put(next, region);
    next += bytes + 4096;   // a gap, so that a step too far is noticed
    return region;
  }

  @Override
  public DmaMemory adopt(long address, long bytes) {
    Map.Entry<Long, DmaMemory> below = regions.floorEntry(address);
    return below != null && below.getValue().holds(address, bytes) ? below.getValue() : null;
  }

  @Override
  public synchronized void free(DmaMemory memory) {
    if (aside.containsKey(memory.address()) || regions.remove(memory.address()) == null) {
      throw new IllegalArgumentException("address=" + memory.address() + " is not allocated");
    }
    room += memory.segment().byteSize();
  }

  @Override
  public synchronized void quarantine(DmaMemory memory) {
    if (!regions.containsKey(memory.address())) {
      throw new IllegalArgumentException("address=" + memory.address() + " is not allocated");
    }
    aside.put(memory.address(), memory);
  }

  @Override
  public long quarantined() {
    return aside.values().stream().mapToLong(region -> region.segment().byteSize()).sum();
  }
}
