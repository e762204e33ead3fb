package virtio.config.fixed;

import virtio.bus.DeviceConfig;
import virtio.bus.RingFormat.Rings;
import virtio.bus.Slot;
import virtio.bus.registers.GivenRings;

/**
 * The rings that the host gives.
 *
 * @param asking the configuration queue's; none where rings share no memory
 * @param queues all others, where the bus rings with their pages; none elsewhere
 * @param askingDoorbell the argument of the configuration queue's doorbell
 */
record HostedRings(GivenRings asking, GivenRings queues, long askingDoorbell) {
  /** @throws IllegalStateException when memory has run out */
  static HostedRings of(DeviceConfig device, Slot slot, boolean paged) {
    GivenRings asking = device.ringsInMemory() ? GivenRings.of(slot, Bytes256.SLOTS) : GivenRings.of(slot);
    try {
      return new HostedRings(asking, paged ? GivenRings.of(device, slot) : GivenRings.of(slot),
          paged ? asking.address(0) : Rings.CONFIGURATION);
    } catch (IllegalStateException full) {
      asking.release(true);
      throw full;
    }
  }

  /** @param idle whether no driver can be using them any more */
  void release(boolean idle) {
    asking.release(idle);
    queues.release(idle);
  }
}
