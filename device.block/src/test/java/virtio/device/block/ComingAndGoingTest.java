package virtio.device.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.block.BlockDevice;
import virtio.block.BlockException;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Outcome;
import virtio.bus.Bus;
import virtio.bus.DeviceConfig;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.testkit.Await;
import virtio.testkit.LogLines;
import virtio.testkit.Shows;
import virtio.testkit.Trap;
import virtio.testkit.fake.WindowConfig;

/** Bricks are exchanged, devices vanish, ports end, with requests in flight. */
@Timeout(120)
class ComingAndGoingTest {
  @TempDir
  Path directory;

  private Path image() {
    return directory.resolve("disk0.img");
  }

  @Test
  void anExchangeUnderLoadIsAPauseAndNothingElse() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "1M").attach()) {
      BlockDevice disk = rig.disk();
      AtomicInteger rounds = new AtomicInteger();
      AtomicReference<Throwable> trouble = new AtomicReference<>();
      CompletableFuture<Void> stop = new CompletableFuture<>();
      Thread user = Thread.ofPlatform().start(() -> {
        byte[] back = new byte[4096];
        try {
          for (int i = 0; !stop.isDone(); i++) {
            byte[] sent = Bytes.random(4096, i);
            disk.write(i % 2000, sent);
            disk.read(i % 2000, back);
            if (!Arrays.equals(sent, back)) {
              throw new AssertionError("round " + i);
            }
            if (i % 50 == 0) {
              disk.flush();
            }
            rounds.incrementAndGet();
          }
        } catch (Throwable e) {
          trouble.set(e);
        }
      });
      for (int i = 0; i < 30; i++) {
        int before = rounds.get();
        rig.exchange();
        assertThat(Await.that(Rig.LIMIT, () -> rounds.get() > before + 3 || trouble.get() != null)).isTrue();
      }
      stop.complete(null);
      user.join();
      assertThat(trouble.get()).isNull();
    }
  }

  private static void offline(Rig rig) {
    assertThat(Await.that(Rig.LIMIT, () -> rig.services.stream().noneMatch(BlockDevice.class::isInstance))).isTrue();
  }

  @Test
  void aDeviceThatGoesFailsEveryRequestOnceAndItsReturnIsANewService() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "1M").attach()) {
      BlockDevice disk = rig.disk();
      AtomicInteger completions = new AtomicInteger();
      BlockRequest[] requests = new BlockRequest[200];
      for (int i = 0; i < requests.length; i++) {
        requests[i] = disk.request().write(i, MemorySegment.ofArray(new byte[512])).then(each -> completions.incrementAndGet());
      }
      disk.submit(requests, 0, requests.length);
      rig.device.close();
      assertThat(Await.that(Rig.LIMIT, () -> completions.get() == requests.length)).isTrue();
      assertThat(requests).allMatch(request -> request.outcome() == Outcome.OK || request.outcome() == Outcome.DEVICE_GONE);
      offline(rig);
      assertThatThrownBy(() -> disk.read(0, new byte[512])).isInstanceOf(BlockException.class).hasMessageContaining("DEVICE_GONE");
      rig.device.modified(rig.device());
      assertThat(rig.disk()).isNotSameAs(disk);
      rig.disk().read(0, new byte[512]);
    }
  }

  /** Lays registers out as any, and lets a test keep the disk from working. */
  private static final class Slow extends WindowConfig {
    private Slot slot;

    @Override
    public Registration expose(DeviceConfig device, Slot on) {
      slot = on;
      return super.expose(device, on);
    }

    /** Its thread stands still from here on, until what is returned is counted down. */
    CountDownLatch stop() throws InterruptedException {
      CountDownLatch stands = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      slot.executor().execute(() -> {
        stands.countDown();
        try {
          goOn.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
      stands.await();
      return goOn;
    }
  }

  private static BlockRequest written(BlockDevice disk, long sector, byte[] bytes) {
    BlockRequest request = disk.request().write(sector, MemorySegment.ofArray(bytes));
    assertThat(disk.submit(request)).isTrue();
    return request;
  }

  @Test
  @Shows("F11")
  void whatADiskHasBegunWhenItsImageIsWithdrawnIsFinishedAndFlushed() throws Exception {
    Slow slow = new Slow();
    try (Rig rig = new Rig(image())) {
      rig.bus.bindConfig(slow, Map.of("virtio.config", "slow"));
      rig.serve("size", "1M", "faces", "fake.split.slow").attach();
      BlockDevice disk = rig.disk();
      CountDownLatch goOn = slow.stop();
      byte[] sent = Bytes.random(512, 1);
      BlockRequest begun = written(disk, 1, sent);
      CompletableFuture<Void> withdrawn = CompletableFuture.runAsync(rig.device::close);
      assertThat(Await.that(Rig.LIMIT, () -> !rig.port.online())).isTrue();
      goOn.countDown();
      withdrawn.get(10, TimeUnit.SECONDS);
      assertThat(begun.outcome()).isEqualTo(Outcome.OK);
      assertThat(rig.machine.memory().quarantined()).isZero();
      offline(rig);
      rig.device.modified(rig.device());
      rig.disk().flush();   // fails when what was written is lost
      byte[] back = new byte[512];
      rig.disk().read(1, back);
      assertThat(back).isEqualTo(sent);
    }
  }

  @Test
  @Shows("F11")
  void aDiskThatDoesNotFinishWhenItsImageIsWithdrawnIsLost() throws Exception {
    Slow slow = new Slow();
    try (Rig rig = new Rig(image())) {
      rig.bus.bindConfig(slow, Map.of("virtio.config", "slow"));
      rig.serve("size", "1M", "faces", "fake.split.slow").attach("drain", 60_000);
      BlockDevice disk = rig.disk();
      CountDownLatch goOn = slow.stop();
      BlockRequest begun = written(disk, 1, new byte[512]);
      CompletableFuture<Void> withdrawn = CompletableFuture.runAsync(rig.device::close);
      assertThat(Await.that(Rig.LIMIT, () -> begun.outcome() == Outcome.DEVICE_GONE)).isTrue();
      goOn.countDown();
      withdrawn.get(10, TimeUnit.SECONDS);
      offline(rig);
      rig.device.modified(rig.device());
      assertThat(rig.disk()).isNotSameAs(disk);
      rig.disk().read(0, new byte[512]);
    }
  }

  @Test
  @Trap("T30")
  void aPortThatEndsWithEverythingInFlightLeavesNothing() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "1M")) {
      assertThat(Await.that(Rig.LIMIT, () -> rig.bus.served().size() == 1)).isTrue();
      int live = rig.machine.memory().live();
      for (int round = 0; round < 100; round++) {
        rig.attach("drain", round % 2 == 0 ? 1 : 5000);
        BlockDevice disk = rig.disk();
        AtomicInteger completions = new AtomicInteger();
        BlockRequest[] requests = new BlockRequest[300];
        for (int i = 0; i < requests.length; i++) {
          requests[i] = disk.request().write(i, MemorySegment.ofArray(new byte[4096])).then(each -> completions.incrementAndGet());
        }
        disk.submit(requests, 0, requests.length);
        rig.port.deactivate();
        assertThat(Await.that(Rig.LIMIT, () -> completions.get() == requests.length)).isTrue();
        assertThat(requests).noneMatch(request -> request.outcome() == Outcome.PENDING);
        assertThat(rig.services).isEmpty();
        assertThat(rig.machine.memory().live()).isEqualTo(live);
        assertThat(rig.machine.memory().quarantined()).isZero();
      }
      rig.port = null;
      assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().equals("virtio.block disk0"));
    }
  }

  @Test
  void requestsWaitForACombinationThatComesBack() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "1M").attach()) {
      BlockDevice disk = rig.disk();
      rig.port.unbindGlue(rig.current);
      assertThat(rig.port.state()).isEqualTo("waiting: no combination (virtio.glue=block.fake.split.window)");
      BlockRequest request = disk.request().write(1, MemorySegment.ofArray(new byte[512]));
      assertThat(disk.submit(request)).isTrue();
      assertThat(request.outcome()).isEqualTo(Outcome.PENDING);
      rig.current = rig.combination("block.fake.split.window");
      rig.port.bindGlue(rig.current);
      assertThat(Await.that(Rig.LIMIT, () -> request.outcome() == Outcome.OK)).isTrue();
      assertThat(rig.disk()).isSameAs(disk);
    }
  }

  @Test
  void withoutOneTheGraceTimeEnds() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "1M").attach("grace", 100)) {
      BlockDevice disk = rig.disk();
      rig.port.unbindGlue(rig.current);
      BlockRequest request = disk.request().write(1, MemorySegment.ofArray(new byte[512]));
      disk.submit(request);
      assertThat(Await.that(Rig.LIMIT, () -> request.outcome() == Outcome.DEVICE_GONE)).isTrue();
      assertThat(request.reason()).isEqualTo("no device came back within 100 ms");
      offline(rig);
      rig.port.bindGlue(rig.current);
      assertThat(rig.disk()).isNotSameAs(disk);
    }
  }

  @Test
  void userMemoryOutlivesItsDevice() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "1M").attach()) {
      BlockDevice disk = rig.disk();
      int live = rig.machine.memory().live();
      var memory = disk.allocate(8192);
      rig.exchange();
      assertThat(Await.that(Rig.LIMIT, rig.port::online)).isTrue();
      assertThat(memory.direct()).isFalse();
      memory.segment().fill((byte) 7);
      disk.write(0, memory.segment());
      assertThat(Bytes.stored(image(), 0, 8192)).containsOnly(7);
      memory.close();
      assertThat(rig.machine.memory().live()).isEqualTo(live);
    }
  }

  @Test
  void aBadPortSaysSoAndACorrectionHealsIt() throws Exception {
    try (LogLines log = new LogLines("virtio.block"); Rig rig = new Rig(image()).serve("size", "1M").attach("queue.size", 3)) {
      String trouble = "queue.size=3 (0, or a power of two from 2 to 32768)";
      assertThat(rig.port.state()).isEqualTo("misconfigured: " + trouble);
      assertThat(log.lines()).containsExactly("virtio.block disk0: " + trouble);
      rig.port.modified(Rig.port("queue.size", 64));
      BlockDevice disk = rig.disk();
      assertThat(Await.that(Rig.LIMIT, () -> queueSize(rig) == 64)).isTrue();
      rig.port.modified(Rig.port("queue.size", 64, "deadline", 0));
      assertThat(rig.port.state()).isEqualTo("online on fake m0/0; misconfigured: deadline=0 (1 to 600000), the former settings stay");
      disk.read(0, new byte[512]);
      rig.port.modified(Rig.port("queue.size", 16));
      assertThat(Await.that(Rig.LIMIT, () -> queueSize(rig) == 16)).isTrue();
      disk.read(0, new byte[512]);
      assertThat(rig.disk()).isSameAs(disk);
    }
  }

  private static int queueSize(Rig rig) {
    Bus.DeviceReport report = rig.port.device();
    return report == null || report.queues().isEmpty() ? 0 : report.queues().getFirst().size();
  }
}
