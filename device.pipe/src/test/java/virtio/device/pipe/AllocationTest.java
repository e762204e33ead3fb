package virtio.device.pipe;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.Channel;
import virtio.bus.DeviceId;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Failure;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Queue;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver.Attached;
import virtio.bus.Virtqueue;
import virtio.driver.pipe.PipeDriver;
import virtio.pipe.Pipe;
import virtio.pipe.PipePort;
import virtio.ring.split.SplitRing;
import virtio.testkit.RingEnds;
import virtio.testkit.RingPair;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeMemory;

/** Bytes over a ring allocate nothing, at neither end of it: the driver and the device on one thread, with nothing but a ring between. */
class AllocationTest implements PipePort {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int PIECES = 20_000;
  private static final int RUNS = 8;

  private final ByteRing wire = new ByteRing();   // what the driver sends comes back
  private final PipeModel model = new PipeModel(wire, wire, () -> {}, 32);
  private final FakeMemory space = new FakeMemory(false);
  private final RingPair[] rings = new RingPair[2];
  private final MemorySegment memory = MemorySegment.ofArray(new byte[10_000]);
  private Pipe pipe;

  /** Just what is between a driver and its device when nothing else is. */
  private final class Direct implements VirtioDevice {
    @Override
    public String name() {
      return "direct";
    }

    @Override
    public DeviceId id() {
      return model.id();
    }

    @Override
    public Features features() {
      return Features.NONE;
    }

    @Override
    public long[] read(Field... fields) {
      long[] values = new long[fields.length];
      for (int i = 0; i < fields.length; i++) {
        values[i] = read(fields[i]);
      }
      return values;
    }

    @Override
    public long read(Field field) {
      return model.read(field);
    }

    @Override
    public void write(Field field, long value) {
      model.write(field, value);
    }

    @Override
    public Virtqueue queue(int index, Queue.Callback used) {
      rings[index] = new RingPair(new SplitRing(), RingEnds.sharing(space), Features.NONE, 32, used,
          queue -> model.available((DeviceQueue) queue));
      return rings[index].driver();
    }

    @Override
    public DmaMemory allocate(long bytes, long alignment) {
      return space.allocate(bytes, alignment);
    }

    @Override
    public void free(DmaMemory region) {
      space.free(region);
    }

    @Override
    public Channel channel() {
      return null;
    }

    @Override
    public void ready() {
      model.slot(Runnable::run);
      model.start(Features.NONE, new DeviceQueue[] {rings[0].device(), rings[1].device()}, () -> {});
      rings[0].start();
      rings[1].start();
    }

    @Override
    public boolean reset() {
      model.stop();
      rings[0].stop(true);
      rings[1].stop(true);
      return true;
    }
  }

  @Override
  public boolean raw() {
    return false;
  }

  @Override
  public void up(Pipe arrived) {
    pipe = arrived;
    arrived.begin();
  }

  @Override
  public void moved(Pipe of) {}

  @Override
  public void left(Pipe of, MemorySegment bytes) {}

  @Override
  public void failed(Pipe of, Failure cause) {
    throw new AssertionError(cause.toString());
  }

  @Override
  public void down(Pipe of, long received, long taken, long lost) {}

  @ParameterizedTest
  @ValueSource(ints = {1, 700, 4096, 10_000})
  @Shows("F23")
  void driverAndDevice(int bytes) {
    PipeDriver driver = new PipeDriver();
    Attached attached = driver.probe(new Direct(), driver.table().getFirst(), this);
    echo(bytes);
    long least = Long.MAX_VALUE;
    for (int run = 0; run < RUNS && least != 0; run++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      echo(bytes);
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).as("bytes in %d pieces of %d each way", PIECES, bytes).isZero();
    attached.remove();
    rings[0].close();
    rings[1].close();
  }

  private void echo(int bytes) {
    for (int i = 0; i < PIECES; i++) {
      long out = pipe.write(memory, 0, bytes);
      rings[0].device().signalled();   // as their doorbells and interrupts
      rings[1].device().signalled();
      model.news();
      rings[0].driver().signalled();
      rings[1].driver().signalled();
      long in = pipe.read(memory, 0, bytes);
      if (out != bytes || in != bytes || pipe.pending() != 0) {
        throw new AssertionError("piece " + i + ": out=" + out + " in=" + in + " pending=" + pipe.pending());
      }
    }
  }
}
