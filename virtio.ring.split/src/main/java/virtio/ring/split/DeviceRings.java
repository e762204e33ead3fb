package virtio.ring.split;

import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Link;
import virtio.bus.Queue;
import virtio.bus.Signal;

/** The device's half. */
final class DeviceRings extends SplitRings<DeviceQueue> {
  DeviceRings(Link link) {
    super(link);
  }

  @Override
  SplitDeviceQueue make(int index, int size, Features accepted, RingMemory memory, Signal interrupt, Queue.Callback callback) {
    return new SplitDeviceQueue(index, size, accepted, memory, space, interrupt, callback);
  }

  @Override
  void begin(DeviceQueue queue) {
    ((SplitDeviceQueue) queue).begin();
  }

  @Override
  void end(DeviceQueue queue, boolean confirmed) {
    ((SplitDeviceQueue) queue).end(confirmed);
  }
}
