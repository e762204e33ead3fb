package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.DmaMemory;
import virtio.bus.Notifier;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.testkit.Trap;

/** What rings between the two ends of a machine. */
@Timeout(60)
class DoorbellsTest extends MachineRig {
  @Test
  void doorbellsRunOnTheSlotsThreadAndInterruptsOnTheGuests() throws Exception {
    Slot slot = host.plug("disk0", Map.of());
    Slot.Line line = slot.line();
    AtomicReference<String> device = new AtomicReference<>();
    AtomicReference<String> driver = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(1);
    slot.doorbell(RING, () -> {
      device.set(Thread.currentThread().getName());
      line.raise(0);
    });
    guest.interrupt(line.place()).register(() -> {
      driver.set(Thread.currentThread().getName());
      done.countDown();
    });
    guest.notifier(17, RING).raise(0);
    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(device).hasValue("lguest-m0-disk0");
    assertThat(driver).hasValue("lguest-m0-interrupts");
  }

  /** Each round trip waits for the one before: a single lost wake-up stops it for longer than we wait. */
  @Test
  void noWakeUpIsLost() throws Exception {
    int rounds = 50_000;
    Slot slot = host.plug("disk0", Map.of());
    Slot.Line line = slot.line();
    Signal bell = guest.notifier(17, RING);
    slot.doorbell(RING, () -> line.raise(0));
    AtomicInteger count = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(1);
    guest.interrupt(line.place()).register(() -> {
      if (count.incrementAndGet() < rounds) {
        bell.raise(0);
      } else {
        done.countDown();
      }
    });
    bell.raise(0);
    assertThat(done.await(40, TimeUnit.SECONDS)).as("stopped at round " + count).isTrue();
  }

  /** A counter in shared memory stands for the ring's index: after the last doorbell the device has seen the last value. */
  @Test
  void aCoalescedDoorbellShowsAllThatCameBeforeIt() {
    DmaMemory ring = guest.space(0).allocate(64, 64);
    AtomicInteger seen = new AtomicInteger();
    Slot slot = host.plug("disk0", Map.of());
    slot.doorbell(RING, () -> seen.set(ring.segment().get(ValueLayout.JAVA_INT, 0)));
    Signal bell = guest.notifier(17, RING);
    for (int i = 1; i <= 100_000; i++) {
      ring.segment().set(ValueLayout.JAVA_INT, 0, i);
      bell.raise(0);
      if (i % 1000 == 0) {
        int last = i;
        await(() -> seen.get() == last);
      }
    }
  }

  @Test
  @Trap("T05")
  void spuriousDoorbellsAndInterruptsHarmNobody() {
    Signal nobody = guest.notifier(17, RING + 4096);
    for (int i = 0; i < 10_000; i++) {
      nobody.raise(i);
      host.raise(i % 30 + 1);
    }
    assertThat(guest.hypercall(99, new long[0])).isEqualTo(Hypercalls.UNKNOWN);
  }

  @Test
  void notifiersAreFewAndComeBackWhenTheyAreClosed() {
    List<Notifier> held = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      held.add(guest.notifier(17, RING));
    }
    assertThatThrownBy(() -> guest.notifier(17, RING)).isInstanceOf(IllegalStateException.class).hasMessageContaining("64");
    held.get(7).close();
    held.get(7).close();
    held.add(guest.notifier(17, RING));
    assertThatThrownBy(() -> guest.notifier(17, RING)).isInstanceOf(IllegalStateException.class);
    held.forEach(Notifier::close);
    for (int i = 0; i < 1000; i++) {
      guest.notifier(17, RING + 4096L * i).close();
    }
  }

  /** Who closes one may give its slot to another, and who still raises the first must not ring that. */
  @Test
  void aClosedNotifierRingsNobody() throws Exception {
    Slot slot = host.plug("disk0", Map.of());
    AtomicInteger rung = new AtomicInteger();
    AtomicInteger others = new AtomicInteger();
    slot.doorbell(RING, rung::incrementAndGet);
    slot.doorbell(RING + 4096, others::incrementAndGet);
    AtomicReference<Notifier> raised = new AtomicReference<>(guest.notifier(17, RING));
    AtomicBoolean over = new AtomicBoolean();
    Thread user = Thread.ofPlatform().daemon().start(() -> {
      while (!over.get()) {
        raised.get().raise(0);
      }
    });
    for (int round = 0; round < 2000; round++) {
      Notifier next = guest.notifier(17, RING);
      raised.getAndSet(next).close();
      List<Notifier> silent = new ArrayList<>();
      for (int count = 0; count < 40; count++) {   // so that each slot comes round soon
        silent.add(guest.notifier(17, RING + 4096));
      }
      silent.forEach(Notifier::close);
    }
    int before = rung.get();
    await(() -> rung.get() > before);
    over.set(true);
    user.join();
    raised.get().close();
    raised.get().raise(0);
    assertThat(others).hasValue(0);
  }

  @Test
  void doorbellsRungWhileTheMachineGoesHarmNobody() throws Exception {
    Signal bell = guest.notifier(17, RING);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    AtomicInteger rung = new AtomicInteger();
    Thread user = Thread.ofPlatform().daemon().start(() -> {
      try {
        while (!Thread.currentThread().isInterrupted()) {
          bell.raise(0);
          rung.incrementAndGet();
        }
      } catch (RuntimeException unexpected) {
        thrown.set(unexpected);
      }
    });
    await(() -> rung.get() > 10_000);
    guest.close();
    host.close();
    memory.close();
    user.interrupt();
    user.join();
    assertThat(thrown).hasValue(null);
    start();
  }
}
