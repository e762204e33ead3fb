package virtio.bus.core;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import virtio.bus.AddressSpace;
import virtio.bus.DmaMemory;

/**
 * Memory that a driver has allocated on its device. What it leaves when it lets go is its users', unless the device never confirmed that it
 * has let go too: then it is set aside. Any thread.
 */
final class DriverMemory {
  private final AddressSpace space;
  private final String holder;
  private final List<DmaMemory> regions = new ArrayList<>();
  private volatile boolean stopped;
  private volatile boolean confirmed;

  /** @param space null where no memory is shared: then it is the garbage collector's */
  DriverMemory(AddressSpace space, String holder) {
    this.space = space;
    this.holder = holder;
  }

  /** Null when there is none left, or the device is stopped. */
  DmaMemory allocate(long bytes, long alignment) {
    if (space == null) {
      return unshared(bytes, alignment);
    }
    DmaMemory region = stopped ? null : space.allocate(bytes, alignment);
    if (region != null) {
      synchronized (regions) {
        regions.add(region);
      }
    }
    return region;
  }

  /** Not the driver's: whoever asks frees it. Null when there is none left. */
  DmaMemory apart(long bytes, long alignment) {
    return space == null ? unshared(bytes, alignment) : space.allocate(bytes, alignment);
  }

  private static DmaMemory unshared(long bytes, long alignment) {
    return new DmaMemory(Arena.ofAuto().allocate(bytes, alignment), 0);
  }

  /** IllegalArgumentException for what is not allocated here; nothing for what has been set aside. */
  void free(DmaMemory region) {
    if (space == null) {
      return;
    }
    synchronized (regions) {
      if (!regions.remove(region)) {
        if (stopped && !confirmed) {
          return;   // set aside already
        }
        throw new IllegalArgumentException("address=" + Long.toHexString(region.address()) + " is not allocated to " + holder);
      }
    }
    if (stopped) {
      give(region);
    } else {
      space.free(region);
    }
  }

  /** Nothing more is allocated. */
  void stop() {
    stopped = true;
  }

  /** Whether the device has let go of it all. */
  void confirm(boolean reset) {
    confirmed = reset;
  }

  /** Takes back, or sets aside, all that is left. */
  void giveAll() {
    synchronized (regions) {
      regions.forEach(this::give);
      regions.clear();
    }
  }

  private void give(DmaMemory region) {
    if (confirmed) {
      space.free(region);
    } else {
      space.quarantine(region);
    }
  }
}
