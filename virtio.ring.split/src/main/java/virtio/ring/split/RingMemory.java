package virtio.ring.split;

import java.lang.foreign.MemorySegment;
import virtio.bus.AddressSpace;
import virtio.bus.DmaMemory;
import virtio.bus.RingAreas;

/**
 * The three areas of one ring as memory segments, each exactly as long as its struct: whatever number the other half writes, no access
 * leaves them.
 *
 * <p>Spec: virtio 1.4, "Virtqueues"
 */
record RingMemory(MemorySegment desc, MemorySegment avail, MemorySegment used) {
  /** Where lguest and the first PCI devices put the used ring: at the next page. */
  private static final long PAGE = 4096;

  /** Bytes that hold the three areas of a ring one after the other. */
  static long bytes(int size) {
    return usedAt(size) + VirtqUsed.bytes(size);
  }

  /** The areas of a ring in a region of its own. */
  static RingAreas in(DmaMemory region, int size) {
    return new RingAreas(region.address(), region.address() + VirtqDesc.bytes(size), region.address() + usedAt(size));
  }

  /** The areas as the other side or this one chose them; not granted or not aligned is the caller's mistake. */
  static RingMemory at(RingAreas areas, int size, AddressSpace space) {
    return new RingMemory(
        area(space, "descriptors", areas.descriptors(), VirtqDesc.bytes(size), VirtqDesc.ALIGNMENT),
        area(space, "available", areas.available(), VirtqAvail.bytes(size), VirtqAvail.ALIGNMENT),
        area(space, "used", areas.used(), VirtqUsed.bytes(size), VirtqUsed.ALIGNMENT));
  }

  private static long usedAt(int size) {
    return VirtqDesc.bytes(size) + VirtqAvail.bytes(size) + PAGE - 1 & -PAGE;
  }

  private static MemorySegment area(AddressSpace space, String name, long address, long bytes, int alignment) {
    DmaMemory region = space.adopt(address, bytes);
    if (region == null) {
      throw new IllegalArgumentException(name + "=0x%x bytes=%d not granted".formatted(address, bytes));
    }
    MemorySegment area = region.segment().asSlice(address - region.address(), bytes);
    if (address % alignment != 0 || area.address() % alignment != 0) {
      throw new IllegalArgumentException(name + "=0x%x not aligned to %d".formatted(address, alignment));
    }
    return area;
  }
}
