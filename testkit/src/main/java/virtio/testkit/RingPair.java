package virtio.testkit;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Virtqueue;
import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeMemory;
import virtio.testkit.fake.FakeSignal;

/**
 * Both halves of one queue, buffers, and a hand on everything that passes between them: nothing is delivered before {@link #settle}.
 */
public final class RingPair implements AutoCloseable {
  private static final int BUFFERS = 1 << 16;
  private static final int ROUNDS = 1000;
  private static final int PARTS = 64;

  private final RingEnds ends;
  private final RingFormat.Rings<Virtqueue> driverRings;
  private final RingFormat.Rings<DeviceQueue> deviceRings;
  private final FakeSignal doorbell = new FakeSignal();
  private final FakeSignal interrupt = new FakeSignal();
  private final DmaMemory buffers;
  private final Virtqueue driver;
  private final DeviceQueue device;

  public RingPair(RingFormat format, RingEnds ends, Features accepted, int size, Queue.Callback used, Queue.Callback available) {
    this.ends = ends;
    buffers = ends.memory().allocate(BUFFERS, 4096);
    driverRings = format.driver(ends.driver(), ends.tasks());
    deviceRings = format.device(ends.device(), ends.tasks());
    driverRings.accept(accepted);
    deviceRings.accept(accepted);
    driver = driverRings.queue(0, size, RingAreas.NONE, doorbell, used);
    device = deviceRings.queue(0, size, driverRings.areas(0), interrupt, available);
    for (int i = 0; i < ROUNDS && !(driverRings.settled() && deviceRings.settled()); i++) {
      ends.tasks().runAll();
    }
  }

  public Virtqueue driver() {
    return driver;
  }

  public DeviceQueue device() {
    return device;
  }

  public FakeSignal doorbell() {
    return doorbell;
  }

  public FakeSignal interrupt() {
    return interrupt;
  }

  /** What the halves were given. */
  public RingEnds ends() {
    return ends;
  }

  /** What the halves and their channel have to do, and have not done. */
  public DeferredTasks tasks() {
    return ends.tasks();
  }

  public FakeMemory memory() {
    return ends.memory();
  }

  /** 64 KiB that both halves reach. */
  public DmaMemory buffers() {
    return buffers;
  }

  /** Where the ring lies; {@link RingAreas#NONE} if it shares no memory. */
  public RingAreas areas() {
    return driverRings.areas(0);
  }

  /** DRIVER_OK, seen by the device first. */
  public RingPair start() {
    deviceRings.start();
    driverRings.start();
    return this;
  }

  /** Reset. */
  public void stop(boolean confirmed) {
    for (int i = 0; i < ROUNDS && !(driverRings.reset() && deviceRings.reset()); i++) {
      ends.tasks().runAll();
    }
    driverRings.stop(confirmed);
    deviceRings.stop(confirmed);
  }

  @Override
  public void close() {
    driverRings.close();
    deviceRings.close();
  }

  /** Delivers signals and runs what was handed to the dispatcher, until nothing moves; bounded. */
  public void settle() {
    for (int i = 0; i < ROUNDS; i++) {
      boolean moved = ends.tasks().runAll();
      if (doorbell.deliver()) {
        moved = true;
        device.signalled();
      }
      if (interrupt.deliver()) {
        moved = true;
        driver.signalled();
      }
      if (!moved) {
        return;
      }
    }
  }

  /** A chain of so many parts of 64 bytes, one after the other, for the device to read and then to write. */
  public Chain chain(int readable, int writable) {
    Chain chain = new Chain(Math.max(1, readable + writable));
    for (int i = 0; i < readable + writable; i++) {
      long at = 64L * i % BUFFERS;
      if (i < readable) {
        chain.readable(buffers, at, 64);
      } else {
        chain.writable(buffers, at, 64);
      }
    }
    return chain;
  }

  /** Offers a buffer of one writable part and says how that went; not synced. */
  public Virtqueue.Added add(Object token) {
    return driver.add(chain(0, 1), token);
  }

  /** The device uses all there is, each with that many bytes written, and publishes once. Returns how many. */
  public int serve(int bytes) {
    Chain chain = new Chain(PARTS);
    int served = 0;
    while (device.take(chain)) {
      chain.wrote(0, Math.min(bytes, chain.writableBytes()));
      device.push(chain);
      served++;
    }
    device.sync();
    ends.tasks().runAll();
    return served;
  }

  /** All tokens that {@code get} has. */
  public List<Object> drain() {
    List<Object> tokens = new ArrayList<>();
    for (Object token = driver.get(); token != null; token = driver.get()) {
      tokens.add(token);
    }
    return tokens;
  }
}
