package virtio.bench;

import java.lang.foreign.Arena;
import virtio.bus.AddressSpace;
import virtio.bus.Chain;
import virtio.bus.Channel;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Link;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Virtqueue;
import virtio.bus.Virtqueue.Added;
import virtio.bus.spec.FeatureBits;
import virtio.ring.split.SplitRing;

/**
 * Add, sync, take, push, sync, get: one buffer of 64 writable bytes all the way through both halves, on one thread, with every check of the
 * rings and both full fences. {@code src/main/c/ring.c} does the same work in C.
 */
public final class RingLoop implements AutoCloseable {
  /** Buffers that a queue holds. */
  public static final int SIZE = 256;
  /** The largest batch. */
  public static final int LARGEST_BATCH = 64;

  private static final int BYTES = 64;

  private final Arena arena = Arena.ofShared();
  private final Memory memory = new Memory(arena);
  private final RingFormat.Rings<Virtqueue> driverRings;
  private final RingFormat.Rings<DeviceQueue> deviceRings;
  private final Virtqueue driver;
  private final DeviceQueue device;
  private final Chain offered = new Chain(8);
  private final Chain taken = new Chain(8);
  private final Object[] tokens = new Object[LARGEST_BATCH];

  public RingLoop() {
    RingFormat format = new SplitRing();
    Features accepted = Features.of(FeatureBits.VIRTIO_F_VERSION_1, FeatureBits.VIRTIO_F_EVENT_IDX);
    driverRings = format.driver(memory, Runnable::run);
    deviceRings = format.device(memory, Runnable::run);
    driverRings.accept(accepted);
    deviceRings.accept(accepted);
    driver = driverRings.queue(0, SIZE, RingAreas.NONE, position -> {}, null);
    device = deviceRings.queue(0, SIZE, driverRings.areas(0), position -> {}, null);
    deviceRings.start();
    driverRings.start();
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = new Object();
    }
  }

  /** So many buffers, in batches of that size, which divides them. */
  public void run(int batch, long cycles) {
    loop(driver, device, offered, taken, memory.buffers, tokens, batch, cycles);
  }

  private static void loop(Virtqueue driver, DeviceQueue device, Chain offered, Chain taken, DmaMemory buffers, Object[] tokens, int batch,
      long cycles) {
    for (long done = 0; done < cycles; done += batch) {
      for (int i = 0; i < batch; i++) {
        offered.clear().writable(buffers, i * BYTES, BYTES);
        if (driver.add(offered, tokens[i]) != Added.OK) {
          throw new IllegalStateException("add: " + driver.state() + " " + driver.broken());
        }
      }
      driver.sync();
      for (int i = 0; i < batch; i++) {
        if (!device.take(taken)) {
          throw new IllegalStateException("take: " + device.state() + " " + device.broken());
        }
        taken.wrote(0, BYTES);
        device.push(taken);
      }
      device.sync();
      for (int i = 0; i < batch; i++) {
        if (driver.get() == null) {
          throw new IllegalStateException("get: " + driver.state() + " " + driver.broken());
        }
      }
    }
  }

  @Override
  public void close() {
    driverRings.stop(true);
    deviceRings.stop(true);
    driverRings.close();
    deviceRings.close();
    arena.close();
  }

  /** One region of buffers, and one for each ring. */
  private static final class Memory implements AddressSpace, Link {
    private static final long BUFFERS = 0x1000;
    private static final long RINGS = 0x100_0000;

    private final Arena arena;
    private final DmaMemory buffers;
    private DmaMemory ring;

    Memory(Arena arena) {
      this.arena = arena;
      buffers = new DmaMemory(arena.allocate(1 << 16, 4096), BUFFERS);
    }

    @Override
    public DmaMemory allocate(long bytes, long alignment) {
      if (ring != null) {
        return null;
      }
      ring = new DmaMemory(arena.allocate(bytes, alignment), RINGS);
      return ring;
    }

    @Override
    public DmaMemory adopt(long address, long bytes) {
      return buffers.holds(address, bytes) ? buffers : ring != null && ring.holds(address, bytes) ? ring : null;
    }

    @Override
    public void free(DmaMemory region) {
      ring = null;
    }

    @Override
    public void quarantine(DmaMemory region) {
      ring = null;
    }

    @Override
    public long quarantined() {
      return 0;
    }

    @Override
    public boolean translated() {
      return false;
    }

    @Override
    public AddressSpace memory() {
      return this;
    }

    @Override
    public Channel channel() {
      return null;
    }
  }
}
