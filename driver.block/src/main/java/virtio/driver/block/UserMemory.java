package virtio.driver.block;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import virtio.bus.DmaMemory;

/**
 * The regions that users were given. Asked once per request which of them a segment lies in, so it is a short array, replaced whole
 * when it changes.
 */
final class UserMemory {
  private static final DmaMemory[] NONE = {};

  private volatile DmaMemory[] regions = NONE;

  synchronized void add(DmaMemory region) {
    DmaMemory[] more = Arrays.copyOf(regions, regions.length + 1);
    more[regions.length] = region;
    regions = more;
  }

  synchronized void remove(DmaMemory region) {
    DmaMemory[] fewer = Arrays.stream(regions).filter(known -> known != region).toArray(DmaMemory[]::new);
    regions = fewer;
  }

  /** The region that all of the segment lies in, or null. */
  DmaMemory find(MemorySegment segment) {
    if (!segment.isNative()) {
      return null;
    }
    for (DmaMemory region : regions) {
      long offset = segment.address() - region.segment().address();
      if (offset >= 0 && segment.byteSize() <= region.segment().byteSize() - offset) {
        return region;
      }
    }
    return null;
  }
}
