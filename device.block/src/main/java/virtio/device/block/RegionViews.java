package virtio.device.block;

import java.nio.ByteBuffer;
import virtio.bus.DmaMemory;

/**
 * Buffers over the driver's memory, as file channels want them: made once per region, so that requests allocate nothing. One thread. A ring
 * hands out the same few regions again and again.
 */
final class RegionViews {
  private static final int KEPT = 8;
  /** A buffer's positions are ints. */
  private static final long MOST = Integer.MAX_VALUE;

  private final DmaMemory[] regions = new DmaMemory[KEPT];
  private final ByteBuffer[] views = new ByteBuffer[KEPT];
  private int last;
  private int next;

  /** A buffer whose remaining bytes are those; good until the next call. */
  ByteBuffer of(DmaMemory region, long offset, int bytes) {
    if (offset + bytes > MOST) {
      return region.segment().asSlice(offset, bytes).asByteBuffer();
    }
    ByteBuffer view = view(region);
    return view.limit((int) (offset + bytes)).position((int) offset);
  }

  private ByteBuffer view(DmaMemory region) {
    if (regions[last] == region) {
      return views[last];
    }
    for (int i = 0; i < KEPT; i++) {
      if (regions[i] == region) {
        last = i;
        return views[i];
      }
    }
    last = next;
    next = (next + 1) % KEPT;
    regions[last] = region;
    views[last] = region.segment().asSlice(0, Math.min(MOST, region.segment().byteSize())).asByteBuffer();
    return views[last];
  }

  /** Keeps nothing of a driver that has gone. */
  void clear() {
    for (int i = 0; i < KEPT; i++) {
      regions[i] = null;
      views[i] = null;
    }
  }
}
