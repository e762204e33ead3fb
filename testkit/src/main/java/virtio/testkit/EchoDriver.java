package virtio.testkit;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import virtio.bus.Chain;
import virtio.bus.DeviceId;
import virtio.bus.DmaMemory;
import virtio.bus.Failure;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.Virtqueue;

/** The driver of an {@link EchoModel}: one buffer at a time, waited for. */
public final class EchoDriver implements VirtioDriver<EchoDriver.Port> {
  private static final int MOST = 4096;

  /** Who is told. */
  public static final class Port {
    private final List<String> events = new CopyOnWriteArrayList<>();
    private volatile Echo echo;

    /** {@code up}, {@code changed 7}, {@code failed ...}, {@code down}, in order. */
    public List<String> events() {
      return List.copyOf(events);
    }

    /** The device; null while there is none. */
    public Echo echo() {
      return echo;
    }
  }

  @Override
  public List<Entry> table() {
    return List.of(new Entry(new DeviceId(EchoModel.ID.type(), DeviceId.ANY), null));
  }

  @Override
  public Features features() {
    return Features.NONE;
  }

  @Override
  public Class<Port> port() {
    return Port.class;
  }

  @Override
  public Attached probe(VirtioDevice device, Entry entry, Port port) {
    Echo echo = new Echo(device, port);
    device.ready();
    port.echo = echo;
    port.events.add("up");
    return echo;
  }

  /** A bound device. */
  public static final class Echo implements Attached {
    private final VirtioDevice device;
    private final Port port;
    private final Virtqueue queue;
    private final DmaMemory memory;
    private final Chain chain = new Chain(2);
    private final LinkedBlockingQueue<Object> done = new LinkedBlockingQueue<>();

    Echo(VirtioDevice device, Port port) {
      this.device = device;
      this.port = port;
      queue = device.queue(0, this::used);
      memory = device.allocate(2 * MOST, 4096);
      if (queue == null || memory == null) {
        throw new IllegalStateException(queue == null ? "no queue 0" : "out of memory");
      }
    }

    private boolean used(Queue from) {
      synchronized (queue) {
        for (Object token = queue.get(); token != null; token = queue.get()) {
          done.offer(token);
        }
      }
      return true;
    }

    /** Sends bytes and returns the answer; null when none came in time. */
    public byte[] ask(byte[] question, Duration limit) throws InterruptedException {
      MemorySegment segment = memory.segment();
      Object token = new Object();
      synchronized (queue) {
        MemorySegment.copy(question, 0, segment, ValueLayout.JAVA_BYTE, 0, question.length);
        chain.clear().readable(memory, 0, question.length).writable(memory, MOST, question.length);
        if (queue.add(chain, token) != Virtqueue.Added.OK) {
          return null;
        }
        queue.sync();
      }
      if (done.poll(limit.toNanos(), TimeUnit.NANOSECONDS) != token) {
        return null;
      }
      return segment.asSlice(MOST, question.length).toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    public void configChanged() {
      port.events.add("changed " + device.read(EchoModel.COUNT));
    }

    @Override
    public void failed(Failure cause) {
      port.events.add("failed " + cause.kind());
    }

    @Override
    public void remove() {
      synchronized (queue) {
        device.reset();
      }
      device.free(memory);
      port.echo = null;
      port.events.add("down");
    }
  }
}
