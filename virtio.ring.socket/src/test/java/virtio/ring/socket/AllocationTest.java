package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Virtqueue;
import virtio.bus.Virtqueue.Added;
import virtio.testkit.RingEnds;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeChannel;
import virtio.testkit.fake.FakeMemory;

/** The data path allocates nothing, once there are blocks for the buffers; on one thread, both owners poll. */
class AllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int CYCLES = 64_000;
  private static final int SIZE = 32;

  @ParameterizedTest
  @CsvSource({"1, 0, 64", "32, 0, 64", "1, 4112, 1", "32, 4112, 1", "8, 16, 4097", "2, 20000, 20000"})
  @Shows({"F03", "F23"})
  void addSyncTakePushGetAllocatesNothing(int batch, int readable, int writable) {
    FakeChannel.Pair channel = FakeChannel.stream(1 << 18, task -> { });
    FakeMemory space = new FakeMemory(false);
    DmaMemory memory = space.allocate(1 << 16, 8);
    SocketRing ring = new SocketRing();
    RingFormat.Rings<Virtqueue> driverRings = ring.driver(RingEnds.link(null, channel.driver()), task -> { });
    RingFormat.Rings<DeviceQueue> deviceRings = ring.device(RingEnds.link(null, channel.device()), task -> { });
    driverRings.accept(Features.NONE);
    deviceRings.accept(Features.NONE);
    Virtqueue driver = driverRings.queue(0, SIZE, RingAreas.NONE, position -> { }, null);
    DeviceQueue device = deviceRings.queue(0, SIZE, RingAreas.NONE, position -> { }, null);
    for (int i = 0; i < 100 && !driverRings.settled(); i++) {
      deviceRings.reset();
    }
    assertThat(driverRings.settled()).isTrue();
    deviceRings.start();
    driverRings.start();
    Chain offered = new Chain(2);
    Chain taken = new Chain(2);
    Object[] tokens = new Object[batch];
    Arrays.setAll(tokens, i -> new Object());
    int cycles = readable > 5000 ? CYCLES / 16 : CYCLES;
    loop(driver, device, offered, taken, memory, tokens, readable, writable, cycles);
    long least = Long.MAX_VALUE;
    for (int run = 0; run < 8 && least != 0; run++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      loop(driver, device, offered, taken, memory, tokens, readable, writable, cycles);
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).as("bytes in %d operations", cycles).isZero();
    deviceRings.close();
    driverRings.close();
  }

  private static void loop(Virtqueue driver, DeviceQueue device, Chain offered, Chain taken, DmaMemory memory, Object[] tokens, int readable,
      int writable, int cycles) {
    for (int done = 0; done < cycles; done += tokens.length) {
      for (Object token : tokens) {
        offered.clear();
        if (readable > 0) {
          offered.readable(memory, 0, readable);
        }
        if (driver.add(offered.writable(memory, 1 << 15, writable), token) != Added.OK) {
          throw new IllegalStateException("add: " + driver.state() + " " + driver.broken());
        }
      }
      driver.sync();
      for (int served = 0; served < tokens.length; ) {
        driver.get();   // lets the rest of a long buffer go
        if (device.take(taken)) {
          taken.wrote(0, writable);
          device.push(taken);
          served++;
        }
      }
      device.sync();
      for (int got = 0; got < tokens.length; ) {
        if (driver.get() != null) {
          got++;
        } else {
          device.sync();
        }
      }
    }
  }
}
