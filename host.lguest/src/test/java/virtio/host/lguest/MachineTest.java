package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.Channel;
import virtio.bus.DmaMemory;
import virtio.bus.Notifier;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.testkit.Trap;

/** Both ends of a machine in this process. */
@Timeout(60)
class MachineTest {
  private static final long MEMORY = 8L << 20;
  private static final long RING = MEMORY + 3 * 4096;
  private static final long SECOND = 1_000_000_000L;
  /** Sleeps so long that a wake-up that gets lost is a test that fails. */
  private static final Tuning TUNING = new Tuning(256, 50 * SECOND, 50 * SECOND);

  private MachineMemory memory;
  private LguestHost host;
  private GuestMachine guest;
  private final AtomicInteger lost = new AtomicInteger();

  @BeforeEach
  void start() throws IOException {
    memory = MachineMemory.create(MEMORY, Layout.LGUEST);
    host = LguestHost.start("m0", memory, TUNING);
    guest = GuestMachine.attach("m0", memory, TUNING, lost::incrementAndGet);
  }

  @AfterEach
  void stop() {
    guest.close();
    host.close();
    memory.close();
    List<String> left = Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(name -> name.startsWith("lguest-m0"))
        .toList();
    assertThat(left).isEmpty();
  }

  @Test
  void unknownHypercallsAreRefusedAndKnownOnesNeedAnAddress() {
    assertThat(guest.hypercall(99, new long[] {1, 2, 3, 4})).isEqualTo(Hypercalls.UNKNOWN);
    assertThat(guest.hypercall(Hypercalls.LHCALL_NOTIFY, new long[] {RING})).isEqualTo(Hypercalls.REFUSED);
    assertThat(guest.hypercall(Hypercalls.EJECTED, new long[] {MEMORY})).isEqualTo(Hypercalls.REFUSED);
    assertThatThrownBy(() -> guest.hypercall(17, new long[5])).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("arguments=5");
    assertThatThrownBy(() -> guest.hypercall(17, new long[] {1L << 32})).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aNotifyOfAnEntryIsServedBeforeItReturns() {
    Slot slot = host.plug("disk0", Map.of());
    DmaMemory entry = slot.place("entry", 40);
    assertThat(entry.address()).isEqualTo(MEMORY);
    List<Long> offsets = new ArrayList<>();
    slot.window("notify", notified(offsets, 40));
    assertThat(guest.hypercall(17, new long[] {MEMORY})).isZero();
    assertThat(guest.hypercall(17, new long[] {MEMORY + 39})).isZero();
    assertThat(guest.hypercall(17, new long[] {MEMORY + 40})).isEqualTo(Hypercalls.REFUSED);
    assertThat(offsets).containsExactly(0L, 39L);
  }

  @Test
  void severalThreadsMayCall() throws InterruptedException {
    Slot slot = host.plug("disk0", Map.of());
    slot.place("entry", 40);
    List<Long> offsets = new ArrayList<>();
    slot.window("notify", notified(offsets, 40));
    AtomicInteger wrong = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int number = t == 0 ? 99 : 17;
      long expected = t == 0 ? Hypercalls.UNKNOWN : Hypercalls.DONE;
      threads.add(Thread.ofPlatform().daemon().start(() -> {
        for (int i = 0; i < 2000; i++) {
          if (guest.hypercall(number, new long[] {MEMORY + 1}) != expected) {
            wrong.incrementAndGet();
          }
        }
      }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).hasValue(0);
    assertThat(offsets).hasSize(6000);
  }

  @Test
  void aHandlerThatThrowsIsAnErrorForItsCallerAlone() {
    Slot slot = host.plug("disk0", Map.of());
    slot.place("entry", 40);
    slot.window("notify", new Window() {
      @Override
      public long size() {
        return 40;
      }

      @Override
      public long read(long offset, int width) {
        return 0;
      }

      @Override
      public void write(long offset, int width, long value) {
        throw new IllegalStateException("planted");
      }
    });
    assertThat(guest.hypercall(17, new long[] {MEMORY})).isEqualTo(Hypercalls.REFUSED);
    assertThat(guest.hypercall(99, new long[0])).isEqualTo(Hypercalls.UNKNOWN);
  }

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
  void eachSideAdoptsWhatTheOtherMayPointItTo() {
    assertThat(guest.space(0).adopt(RING, 4096).holds(RING, 4096)).isTrue();
    assertThat(guest.space(0).adopt(4096, 64)).isNull();
    assertThat(guest.space(0).adopt(memory.end() - 8, 16)).isNull();
    assertThat(host.space().adopt(4096, memory.end() - 4096)).isNotNull();
    assertThat(host.space().adopt(4095, 64)).isNull();
    assertThat(host.space().adopt(-1, 64)).isNull();
    assertThat(host.space().adopt(4096, Long.MAX_VALUE)).isNull();
    DmaMemory ring = host.space().allocate(12_288, 4096);
    assertThat(ring.address()).isEqualTo(MEMORY + 4096);
    assertThat(guest.space(0).allocate(MEMORY - 4096, 4096).address()).isEqualTo(4096);
  }

  @Test
  void aHostThatClosesTakesTheMachineWithIt() {
    Window page = guest.window(MEMORY, 4096);
    AtomicInteger told = new AtomicInteger();
    guest.interrupt(31).register(told::incrementAndGet);
    host.close();
    await(() -> lost.get() == 1);
    assertThat(guest.hasGone()).isTrue();
    assertThat(page.read(0, 1)).isEqualTo(0xFF);
    assertThat(page.read(0, 8)).isEqualTo(-1);
    page.write(0, 1, 7);
    assertThat(guest.hypercall(17, new long[] {MEMORY})).isEqualTo(Channel.GONE);
    guest.notifier(17, RING).raise(0);
    assertThat(told.get()).isPositive();
  }

  @Test
  @Trap("T18")
  void aHostThatDoesNotAnswerCountsAsGone() throws Exception {
    try (MachineMemory deaf = MachineMemory.create(MEMORY, Layout.LGUEST)) {
      ControlPage.intRelease(deaf.segment(), ControlPage.HOST, (int) ProcessHandle.current().pid());
      long start = System.nanoTime();
      assertThatThrownBy(() -> GuestMachine.attach("m1", deaf, new Tuning(64, 10_000_000, 50_000_000), () -> { }))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("does not answer");
      assertThat(System.nanoTime() - start).isLessThan(10 * SECOND);
      assertThat(ControlPage.intAcquire(deaf.segment(), ControlPage.GUEST)).isZero();
    }
  }

  @Test
  void oneGuestAtATime() throws Exception {
    assertThatThrownBy(() -> GuestMachine.attach("m0", memory, Tuning.DEFAULT, () -> { })).isInstanceOf(IOException.class)
        .hasMessageContaining("it has a guest");
    guest.close();
    guest = GuestMachine.attach("m0", memory, TUNING, lost::incrementAndGet);
    assertThat(guest.hypercall(99, new long[0])).isEqualTo(Hypercalls.UNKNOWN);
  }

  @Test
  void whatAGuestLeftAllocatedIsNotGivenToTheNext() throws Exception {
    DmaMemory held = guest.space(0).allocate(4096, 4096);
    DmaMemory lostForGood = guest.space(0).allocate(4096, 4096);
    guest.space(0).quarantine(lostForGood);
    guest.close();
    guest = GuestMachine.attach("m0", memory, TUNING, lost::incrementAndGet);
    DmaMemory next = guest.space(0).allocate(4096, 4096);
    assertThat(next.address()).isNotIn(held.address(), lostForGood.address());
    assertThat(guest.space(0).quarantined()).isEqualTo(4096);
    guest.space(0).free(held);
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

  @Test
  void aNewGuestHasTheDevicesReset() throws Exception {
    Slot slot = host.plug("disk0", Map.of());
    DmaMemory entry = slot.place("entry", 40);
    List<Integer> taken = new ArrayList<>();
    slot.window("notify", new Window() {
      @Override
      public long size() {
        return 40;
      }

      @Override
      public long read(long offset, int width) {
        return 0;
      }

      @Override
      public void write(long offset, int width, long value) {
        int status = entry.segment().get(ValueLayout.JAVA_BYTE, 4);
        taken.add(status);
        entry.segment().set(ValueLayout.JAVA_BYTE, 4, (byte) (taken.size() < 3 ? 15 : status));
      }
    });
    entry.segment().set(ValueLayout.JAVA_BYTE, 4, (byte) 15);
    guest.close();
    guest = GuestMachine.attach("m0", memory, TUNING, lost::incrementAndGet);
    assertThat(taken).containsExactly(0, 0, 0);
  }

  @Test
  void aClosedSlotTakesNoMoreAndFinishesWhatItHas() {
    Slot slot = host.plug("disk0", Map.of());
    AtomicInteger ran = new AtomicInteger();
    for (int i = 0; i < 1000; i++) {
      slot.executor().execute(ran::incrementAndGet);
    }
    slot.close();
    slot.close();
    assertThat(ran).hasValue(1000);
    assertThatThrownBy(() -> slot.executor().execute(() -> { })).isInstanceOf(RejectedExecutionException.class);
    assertThatThrownBy(() -> slot.place("entry", 40)).isInstanceOf(IllegalStateException.class);
  }

  static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + 20 * SECOND;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private static Window notified(List<Long> offsets, long size) {
    return new Window() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public long read(long offset, int width) {
        return 0;
      }

      @Override
      public void write(long offset, int width, long value) {
        offsets.add(offset);
      }
    };
  }
}
