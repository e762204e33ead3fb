package virtio.bus;

import java.lang.foreign.MemorySegment;

/**
 * Memory that both halves reach. Linear on both sides: offset {@code n} of the segment is device address {@code address + n}.
 * Never a heap segment. Whoever allocated it frees it, to the {@link AddressSpace} it came from.
 *
 * @param segment our view of it
 * @param address where the device finds its first byte
 * @param bytes its length, the segment's, at hand for the checks of the data path
 */
public record DmaMemory(MemorySegment segment, long address, long bytes) {
  public DmaMemory {
    if (bytes != segment.byteSize()) {
      throw new IllegalArgumentException("bytes=" + bytes + " segment=" + segment.byteSize());
    }
  }

  public DmaMemory(MemorySegment segment, long address) {
    this(segment, address, segment.byteSize());
  }

  /** Whether all of {@code [at, at + length)}, in device addresses, lies inside. Safe for every pair of longs. */
  public boolean holds(long at, long length) {
    long offset = at - address;
    return offset >= 0 && length >= 0 && length <= bytes - offset;
  }
}
