package stranger.ring;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Link;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Signal;
import virtio.bus.Virtqueue;
import virtio.bus.spec.FeatureBits;

/** A ring that is no split ring: whole buffers in slots, one list saying which to use, one saying which were used. */
public final class OrderRing implements RingFormat {
  @Override
  public Features features() {
    return Features.of(FeatureBits.VIRTIO_F_VERSION_1);
  }

  @Override
  public String lacks(Link link) {
    return link.memory() == null ? "shared memory" : null;
  }

  @Override
  public Rings<Virtqueue> driver(Link link, Executor dispatcher) {
    return new Halves<>(link) {
      @Override
      Virtqueue half(int index, Page page, DmaMemory tables, Signal signal, Queue.Callback callback) {
        return new DriverHalf(index, page, tables, signal, callback);
      }
    };
  }

  @Override
  public Rings<DeviceQueue> device(Link link, Executor dispatcher) {
    return new Halves<>(link) {
      @Override
      DeviceQueue half(int index, Page page, DmaMemory tables, Signal signal, Queue.Callback callback) {
        return new DeviceHalf(index, page, link.memory(), signal, callback);
      }
    };
  }

  /** The other half starts and stops its queue through these. */
  interface Life {
    void begin();

    void end(boolean confirmed);
  }

  private abstract static class Halves<Q extends Queue> implements Rings<Q> {
    private final Link link;
    private final List<Q> queues = new ArrayList<>();
    private final List<RingAreas> places = new ArrayList<>();
    private final List<DmaMemory> owned = new ArrayList<>();
    private boolean confirmed = true;

    Halves(Link link) {
      this.link = link;
    }

    abstract Q half(int index, Page page, DmaMemory tables, Signal signal, Queue.Callback callback);

    @Override
    public void accept(Features accepted) {
      queues.clear();
      places.clear();
      close();
    }

    @Override
    public Q queue(int index, int size, RingAreas areas, Signal signal, Queue.Callback callback) {
      DmaMemory page = areas.equals(RingAreas.NONE) ? own(Page.bytes(size)) : link.memory().adopt(areas.descriptors(), Page.bytes(size));
      DmaMemory tables = own(Page.tableBytes(size) * size);
      if (page == null || tables == null) {
        return null;
      }
      long at = areas.equals(RingAreas.NONE) ? page.address() : areas.descriptors();
      Q queue = half(index, new Page(page.segment().asSlice(at - page.address(), Page.bytes(size)), size), tables, signal, callback);
      queues.add(queue);
      places.add(areas.equals(RingAreas.NONE) ? new RingAreas(at, at, at) : areas);
      return queue;
    }

    private DmaMemory own(long bytes) {
      DmaMemory memory = link.memory().allocate(bytes, 4096);
      if (memory != null) {
        owned.add(memory);
      }
      return memory;
    }

    @Override
    public RingAreas areas(int index) {
      return places.get(index);
    }

    @Override
    public boolean settled() {
      return true;
    }

    @Override
    public void start() {
      queues.forEach(queue -> ((Life) queue).begin());
    }

    @Override
    public boolean reset() {
      return true;
    }

    @Override
    public void stop(boolean reset) {
      confirmed = reset;
      queues.forEach(queue -> ((Life) queue).end(reset));
    }

    @Override
    public void close() {
      owned.forEach(confirmed ? link.memory()::free : link.memory()::quarantine);
      owned.clear();
    }
  }
}
