package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Queue.State;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Virtqueue;
import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeMemory;

/** How long the rings of a device live: as long as a driver holds it, or as long as it is exposed, whoever comes and goes meanwhile. */
public abstract class RingLifeContract extends RingFixture {
  private static final int ROUNDS = 1000;
  private static final int CONFIGURATION_SIZE = 4;

  @Test
  void theDevicesHalfServesOneDriverAfterTheOther() {
    RingEnds ends = ends(new FakeMemory(false));
    DmaMemory buffers = ends.memory().allocate(4096, 4096);
    DeferredTasks tasks = ends.tasks();
    RingFormat.Rings<DeviceQueue> device = format().device(ends.device(), tasks);
    for (int driverNumber = 0; driverNumber < 3; driverNumber++) {
      RingFormat.Rings<Virtqueue> driver = format().driver(ends.driver(), tasks);
      driver.accept(accepted());
      Virtqueue queue = driver.queue(0, 16, RingAreas.NONE, position -> {}, null);
      device.accept(accepted());
      DeviceQueue served = device.queue(0, 16, driver.areas(0), position -> {}, null);
      settle(driver, device, tasks);
      device.start();
      driver.start();
      exchange(queue, served, buffers, tasks);
      stop(driver, device, tasks);
      assertThat(queue.state()).isEqualTo(State.STOPPED);
      assertThat(served.state()).isEqualTo(State.STOPPED);
      driver.close();
    }
    device.close();
    ends.memory().free(buffers);
    assertThat(ends.memory().live()).isZero();
  }

  @Test
  void theConfigurationQueueIsLiveBeforeAnythingIsNegotiated() {
    RingEnds ends = ends(new FakeMemory(false));
    DmaMemory buffers = ends.memory().allocate(4096, 4096);
    DeferredTasks tasks = ends.tasks();
    RingFormat.Rings<Virtqueue> driver = format().driver(ends.driver(), tasks);
    RingFormat.Rings<DeviceQueue> device = format().device(ends.device(), tasks);
    Virtqueue asking = driver.queue(RingFormat.Rings.CONFIGURATION, CONFIGURATION_SIZE, RingAreas.NONE, position -> {}, null);
    DeviceQueue answering =
        device.queue(RingFormat.Rings.CONFIGURATION, CONFIGURATION_SIZE, driver.areas(RingFormat.Rings.CONFIGURATION), position -> {}, null);
    settle(driver, device, tasks);
    assertThat(asking.state()).isEqualTo(State.LIVE);
    assertThat(answering.state()).isEqualTo(State.LIVE);
    exchange(asking, answering, buffers, tasks);
    driver.accept(accepted());
    device.accept(accepted());
    Virtqueue queue = driver.queue(0, 16, RingAreas.NONE, position -> {}, null);
    DeviceQueue served = device.queue(0, 16, driver.areas(0), position -> {}, null);
    settle(driver, device, tasks);
    device.start();
    driver.start();
    exchange(queue, served, buffers, tasks);
    exchange(asking, answering, buffers, tasks);
    device.stop(true);
    assertThat(served.state()).isEqualTo(State.STOPPED);
    exchange(asking, answering, buffers, tasks);   // it carries the news of a reset, so it outlives one
    stop(driver, device, tasks);
    driver.close();
    device.close();
    assertThat(asking.state()).isEqualTo(State.STOPPED);
    ends.memory().free(buffers);
    assertThat(ends.memory().live()).isZero();
  }

  private static void exchange(Virtqueue queue, DeviceQueue served, DmaMemory buffers, DeferredTasks tasks) {
    Chain chain = new Chain(4);
    Object token = new Object();
    assertThat(queue.add(chain.readable(buffers, 0, 8).writable(buffers, 64, 8), token)).isEqualTo(Virtqueue.Added.OK);
    queue.sync();
    boolean answered = false;
    Object back = null;
    for (int i = 0; i < ROUNDS && back == null; i++) {
      tasks.runAll();
      if (!answered && served.take(chain)) {
        chain.wrote(0, 8);
        served.push(chain);
        served.sync();
        answered = true;
      }
      back = queue.get();
    }
    assertThat(back).isSameAs(token);
  }

  private static void settle(RingFormat.Rings<Virtqueue> driver, RingFormat.Rings<DeviceQueue> device, DeferredTasks tasks) {
    for (int i = 0; i < ROUNDS && !(driver.settled() && device.settled()); i++) {
      tasks.runAll();
    }
    assertThat(driver.settled()).isTrue();
  }

  private static void stop(RingFormat.Rings<Virtqueue> driver, RingFormat.Rings<DeviceQueue> device, DeferredTasks tasks) {
    for (int i = 0; i < ROUNDS && !(driver.reset() && device.reset()); i++) {
      tasks.runAll();
    }
    assertThat(driver.reset()).isTrue();
    driver.stop(true);
    device.stop(true);
  }
}
