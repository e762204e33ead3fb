package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.Channel;
import virtio.bus.DmaMemory;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.testkit.Trap;

/** Memory, hypercalls, and how the two ends come and go. */
@Timeout(60)
class MachineTest extends MachineRig {
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
