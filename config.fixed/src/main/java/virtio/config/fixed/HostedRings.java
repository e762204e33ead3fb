package virtio.config.fixed;

import virtio.bus.DeviceConfig;
import virtio.bus.DmaMemory;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat.Rings;
import virtio.bus.Slot;
import virtio.bus.spec.Vring;

/** The rings that the host gives: that of the configuration queue, and, where its bus rings with their pages, all others. */
final class HostedRings {
  private final Slot slot;
  private final int[] sizes;
  private final boolean paged;
  private final DmaMemory asking;
  private final DmaMemory[] given;

  private HostedRings(Slot slot, int[] sizes, boolean paged, DmaMemory asking, DmaMemory[] given) {
    this.slot = slot;
    this.sizes = sizes;
    this.paged = paged;
    this.asking = asking;
    this.given = given;
  }

  /** @throws IllegalStateException when memory has run out */
  static HostedRings of(DeviceConfig device, Slot slot, boolean paged) {
    int count = 0;
    while (count < Bytes256.MOST_QUEUES && device.queueSize(count) > 0) {
      count++;
    }
    int[] sizes = new int[count];
    for (int index = 0; index < count; index++) {
      sizes[index] = device.queueSize(index);
    }
    if (!device.ringsInMemory()) {
      return new HostedRings(slot, sizes, paged, null, new DmaMemory[count]);
    }
    HostedRings rings = new HostedRings(slot, sizes, paged, allocate(slot, Bytes256.SLOTS), new DmaMemory[count]);
    boolean all = rings.asking != null;
    for (int index = 0; all && paged && index < count; index++) {
      rings.given[index] = allocate(slot, sizes[index]);
      all = rings.given[index] != null;
    }
    if (!all) {
      rings.release(true);
      throw new IllegalStateException(slot.name() + ": no memory is left for rings of " + Bytes256.SLOTS + " and " + count + " more");
    }
    return rings;
  }

  private static DmaMemory allocate(Slot slot, int size) {
    return slot.memory() == null ? null : slot.memory().allocate(Vring.bytes(size), Vring.ALIGN);
  }

  int count() {
    return sizes.length;
  }

  long askingAddress() {
    return asking == null ? 0 : asking.address();
  }

  RingAreas asking() {
    return asking == null ? RingAreas.NONE : Vring.areas(asking.address(), Bytes256.SLOTS);
  }

  long askingDoorbell() {
    return paged ? askingAddress() : Rings.CONFIGURATION;
  }

  /** 0 where the driver chooses, or no ring lies in memory. */
  long page(int index) {
    return given[index] == null ? 0 : given[index].address() >>> Vring.PAGE_SHIFT;
  }

  RingAreas areas(int index) {
    return Vring.areas(given[index].address(), sizes[index]);
  }

  long doorbell(int index) {
    return given[index] == null ? index : given[index].address();
  }

  /** All but the configuration queue's. */
  void clear() {
    for (DmaMemory ring : given) {
      if (ring != null) {
        ring.segment().fill((byte) 0);
      }
    }
  }

  void clearAsking() {
    if (asking != null) {
      asking.segment().fill((byte) 0);
    }
  }

  /** @param idle whether no driver can be using them any more */
  void release(boolean idle) {
    give(asking, idle);
    for (DmaMemory ring : given) {
      give(ring, idle);
    }
  }

  private void give(DmaMemory ring, boolean idle) {
    if (ring != null && idle) {
      slot.memory().free(ring);
    } else if (ring != null) {
      slot.memory().quarantine(ring);
    }
  }
}
