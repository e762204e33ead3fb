package stranger.driver;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import virtio.bus.Chain;
import virtio.bus.DeviceId;
import virtio.bus.DmaMemory;
import virtio.bus.Failure;
import virtio.bus.Features;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.Virtqueue;
import virtio.bus.spec.DeviceTypes;
import virtio.bus.spec.VirtioBlk;

/** Knows one trick: writes a sector, reads it back, and puts what it read into its port, which is a queue of byte arrays. */
@SuppressWarnings("rawtypes")
public final class SectorDriver implements VirtioDriver<BlockingQueue> {
  private static final int STATUS = VirtioBlk.REQUEST_HEADER + VirtioBlk.SECTOR;
  private static final long LOOKS = 1L << 32;

  @Override
  public List<Entry> table() {
    return List.of(new Entry(new DeviceId(DeviceTypes.BLOCK_DEVICE, DeviceId.ANY), "the trick"));
  }

  @Override
  public Features features() {
    return Features.NONE;
  }

  @Override
  public Class<BlockingQueue> port() {
    return BlockingQueue.class;
  }

  @Override
  @SuppressWarnings("unchecked")
  public Attached probe(VirtioDevice device, Entry entry, BlockingQueue port) {
    Virtqueue queue = device.queue(VirtioBlk.REQUESTQ, null);
    DmaMemory memory = device.allocate(4096, 4096);
    device.ready();
    MemorySegment sector = memory.segment().asSlice(VirtioBlk.REQUEST_HEADER, VirtioBlk.SECTOR);
    sector.fill((byte) entry.data().hashCode());
    request(queue, memory, VirtioBlk.VIRTIO_BLK_T_OUT);
    sector.fill((byte) 0);
    request(queue, memory, VirtioBlk.VIRTIO_BLK_T_IN);
    port.add(sector.toArray(ValueLayout.JAVA_BYTE));
    return new Bound(device, memory);
  }

  /** At sector 1. */
  private static void request(Virtqueue queue, DmaMemory memory, int type) {
    memory.segment().set(ValueLayout.JAVA_INT, 0, type);
    memory.segment().set(ValueLayout.JAVA_LONG, 8, 1);
    Chain chain = new Chain(3).readable(memory, 0, VirtioBlk.REQUEST_HEADER);
    if (type == VirtioBlk.VIRTIO_BLK_T_OUT) {
      chain.readable(memory, VirtioBlk.REQUEST_HEADER, VirtioBlk.SECTOR);
    } else {
      chain.writable(memory, VirtioBlk.REQUEST_HEADER, VirtioBlk.SECTOR);
    }
    Object token = new Object();
    if (queue.add(chain.writable(memory, STATUS, 1), token) != Virtqueue.Added.OK) {
      throw new IllegalStateException("queue: " + queue.state());
    }
    queue.sync();
    for (long look = 0; look < LOOKS; look++) {
      if (queue.get() == token) {
        return;
      }
      Thread.onSpinWait();
    }
    throw new IllegalStateException("no answer");
  }

  private record Bound(VirtioDevice device, DmaMemory memory) implements Attached {
    @Override
    public void configChanged() {}

    @Override
    public void failed(Failure cause) {}

    @Override
    public void remove() {
      device.reset();
      device.free(memory);
    }
  }
}
