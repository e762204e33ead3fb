package virtio.ring.split;

import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Link;
import virtio.bus.Queue;
import virtio.bus.Signal;
import virtio.bus.Virtqueue;
import virtio.bus.spec.FeatureBits;

/** The driver's half: it also brings the indirect tables, one for each descriptor, so that {@code add} never allocates. */
final class DriverRings extends SplitRings<Virtqueue> {
  DriverRings(Link link) {
    super(link);
  }

  @Override
  SplitVirtqueue make(int index, int size, Features accepted, RingMemory memory, Signal doorbell, Queue.Callback callback) {
    DmaMemory tables = null;
    if (accepted.has(FeatureBits.VIRTIO_F_INDIRECT_DESC)) {
      tables = allocate(VirtqDesc.bytes(size * SplitVirtqueue.TABLE), VirtqDesc.ALIGNMENT);
      if (tables == null) {
        return null;
      }
    }
    return new SplitVirtqueue(index, size, accepted, memory, tables, doorbell, callback);
  }

  @Override
  void begin(Virtqueue queue) {
    ((SplitVirtqueue) queue).begin();
  }

  @Override
  void end(Virtqueue queue, boolean confirmed) {
    ((SplitVirtqueue) queue).end(confirmed);
  }
}
