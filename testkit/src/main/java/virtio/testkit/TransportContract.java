package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import virtio.bus.BusDevice;
import virtio.bus.DmaMemory;
import virtio.bus.Host;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Transport;

/**
 * What every transport must do over shared memory, seen from both ends of its link. A transport's test extends this, and gives it a host of
 * the same machine; and whatever must be laid out on a slot for the bus to see a device there.
 */
public abstract class TransportContract {
  /** The transport under test. */
  protected abstract Transport transport();

  /** The host at its other side. */
  protected abstract Host host();

  /** Lays out what makes a slot a device on this bus, if anything must be. */
  protected abstract void layOut(Slot slot);

  /** A doorbell's argument that this bus can ring with, for that slot. */
  protected abstract long doorbellArgument(Slot slot);

  /** How long to wait for what must come. */
  protected Duration patience() {
    return Duration.ofSeconds(10);
  }

  private void eventually(String what, BooleanSupplier condition) {
    assertThat(Await.that(patience(), condition)).as(what).isTrue();
  }

  private Slot plug(String name) {
    Slot slot = host().plug(name, Map.of());
    layOut(slot);
    return slot;
  }

  /** Records what a transport tells. */
  private static final class Watcher implements Transport.Listener {
    final List<BusDevice> came = new CopyOnWriteArrayList<>();
    final List<BusDevice> left = new CopyOnWriteArrayList<>();

    @Override
    public void appeared(BusDevice device) {
      came.add(device);
    }

    @Override
    public void disappeared(BusDevice device) {
      left.add(device);
    }
  }

  @Test
  @Shows({"F11", "F49"})
  void tellsOfEachDeviceOnceAndWhenItGoes() {
    Watcher early = new Watcher();
    try (Registration watching = transport().watch(early); Slot first = plug("first")) {
      assertThat(early.came).as("before it is announced").isEmpty();
      first.announce();
      eventually("the first device", () -> early.came.size() == 1);
      Watcher late = new Watcher();
      try (Registration also = transport().watch(late); Slot second = plug("second")) {
        eventually("the one present", () -> late.came.size() == 1);
        assertThat(late.came.getFirst().name()).isEqualTo(early.came.getFirst().name());
        second.announce();
        eventually("the second device", () -> early.came.size() == 2 && late.came.size() == 2);
        assertThat(early.came).extracting(BusDevice::name).doesNotHaveDuplicates();
        first.close();
        eventually("its end", () -> early.left.size() == 1 && late.left.size() == 1);
        assertThat(early.left.getFirst()).isSameAs(early.came.getFirst());
      }
      second(early);
    }
  }

  private void second(Watcher watcher) {
    eventually("the end of both", () -> watcher.left.size() == 2);
    assertThat(watcher.came).hasSize(2);
  }

  @Test
  void aWatchThatIsClosedHearsNothing() {
    Watcher closed = new Watcher();
    transport().watch(closed).close();
    Watcher open = new Watcher();
    try (Registration watching = transport().watch(open); Slot slot = plug("device")) {
      slot.announce();
      eventually("the device", () -> open.came.size() == 1);
      assertThat(closed.came).isEmpty();
    }
  }

  private BusDevice found(Slot slot) {
    Watcher watcher = new Watcher();
    try (Registration watching = transport().watch(watcher)) {
      slot.announce();
      eventually("the device", () -> !watcher.came.isEmpty());
      return watcher.came.getLast();
    }
  }

  @Test
  void aClaimIsExclusive() {
    try (Slot slot = plug("device")) {
      BusDevice device = found(slot);
      Registration claim = device.claim();
      assertThatThrownBy(device::claim).isInstanceOf(IllegalStateException.class).hasMessageContaining(device.name());
      claim.close();
      claim.close();
      device.claim().close();
    }
  }

  @Test
  void aDeviceThatHasGoneCannotBeClaimed() {
    Slot slot = plug("device");
    BusDevice device = found(slot);
    slot.close();
    eventually("no more claims", () -> refusesClaims(device));
  }

  private static boolean refusesClaims(BusDevice device) {
    try {
      device.claim().close();
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  @Test
  @Shows("F26")
  void memoryIsTheSameFromBothEnds() {
    try (Slot slot = plug("device")) {
      BusDevice device = found(slot);
      DmaMemory ours = device.memory().allocate(8192, 4096);
      assertThat(ours.address() % 4096).isZero();
      assertThat(ours.segment().get(ValueLayout.JAVA_LONG, 8184)).isZero();
      ours.segment().set(ValueLayout.JAVA_LONG, 4104, 0x1122_3344_5566_7788L);
      DmaMemory theirs = slot.memory().adopt(ours.address() + 4096, 4096);
      assertThat(theirs).isNotNull();
      assertThat(theirs.segment().get(ValueLayout.JAVA_LONG, ours.address() + 4104 - theirs.address())).isEqualTo(0x1122_3344_5566_7788L);
      assertThat(slot.memory().adopt(-8, 16)).isNull();
      assertThat(slot.memory().adopt(Long.MAX_VALUE, 1)).isNull();
      assertThat(slot.memory().adopt(ours.address(), Long.MAX_VALUE)).isNull();
      device.memory().free(ours);
      assertThatThrownBy(() -> device.memory().free(ours)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void memoryThatRunsOutIsNullAndFreedMemoryComesBack() {
    try (Slot slot = plug("device")) {
      BusDevice device = found(slot);
      assertThat(device.memory().allocate(1L << 40, 4096)).isNull();
      for (int i = 0; i < 200; i++) {
        DmaMemory region = device.memory().allocate(1 << 20, 4096);
        assertThat(region).as("round " + i).isNotNull();
        device.memory().free(region);
      }
      long before = device.memory().quarantined();
      DmaMemory lost = device.memory().allocate(4096, 4096);
      device.memory().quarantine(lost);
      assertThat(device.memory().quarantined()).isEqualTo(before + 4096);
      DmaMemory next = device.memory().allocate(4096, 4096);
      assertThat(next.address()).isNotEqualTo(lost.address());
      device.memory().free(next);
    }
  }

  @Test
  @Shows("F48")
  void anInterruptComesAtItsPlaceAndNeverTwiceAtOnce() throws InterruptedException {
    try (Slot slot = plug("device")) {
      BusDevice device = found(slot);
      // A device may write to memory, and so send a message, only for somebody who has it.
      Registration claim = device.claim();
      Slot.Line line = slot.line();
      AtomicInteger calls = new AtomicInteger();
      AtomicInteger inside = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      AtomicReference<Thread> on = new AtomicReference<>();
      Registration handler = device.interrupts().get(line.place()).register(() -> {
        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
        on.set(Thread.currentThread());
        calls.incrementAndGet();
        inside.decrementAndGet();
      });
      for (int i = 1; i <= 100; i++) {
        int before = calls.get();
        line.raise(0);
        eventually("call after event " + i, () -> calls.get() > before);
      }
      assertThat(most.get()).isEqualTo(1);
      assertThat(on.get()).isNotSameAs(Thread.currentThread());
      handler.close();
      int last = calls.get();
      CountDownLatch later = new CountDownLatch(1);
      try (Registration second = device.interrupts().get(line.place()).register(later::countDown)) {
        line.raise(0);
        assertThat(later.await(10, TimeUnit.SECONDS)).isTrue();
      }
      assertThat(calls.get()).isEqualTo(last);
      claim.close();
    }
  }

  @Test
  @Shows("F23")
  void aDoorbellRunsOnTheSlotsThread() {
    try (Slot slot = plug("device")) {
      BusDevice device = found(slot);
      long argument = doorbellArgument(slot);
      AtomicInteger rung = new AtomicInteger();
      AtomicReference<Thread> on = new AtomicReference<>();
      AtomicReference<Thread> slots = new AtomicReference<>();
      slot.executor().execute(() -> slots.set(Thread.currentThread()));
      try (Registration handler = slot.doorbell(argument, () -> {
        on.set(Thread.currentThread());
        rung.incrementAndGet();
      })) {
        for (int i = 1; i <= 100; i++) {
          int before = rung.get();
          device.doorbell(argument).raise(0);
          eventually("ring " + i, () -> rung.get() > before);
        }
      }
      assertThat(on.get()).isSameAs(slots.get()).isNotSameAs(Thread.currentThread());
    }
  }

  /** Machines have room for a few only. */
  @Test
  @Shows("F23")
  void eachWhoHoldsADeviceHasItsDoorbell() {
    try (Slot slot = plug("device")) {
      BusDevice device = found(slot);
      long argument = doorbellArgument(slot);
      AtomicInteger rung = new AtomicInteger();
      try (Registration handler = slot.doorbell(argument, rung::incrementAndGet)) {
        for (int holder = 1; holder <= 200; holder++) {
          int before = rung.get();
          try (Registration claim = device.claim()) {
            device.doorbell(argument).raise(0);
            eventually("ring of holder " + holder, () -> rung.get() > before);
          }
        }
      }
    }
  }

  @Test
  void aDoorbellNeverWaitsForTheDevice() throws InterruptedException {
    CountDownLatch held = new CountDownLatch(1);
    try (Slot slot = plug("device")) {
      BusDevice device = found(slot);
      long argument = doorbellArgument(slot);
      CountDownLatch stuck = new CountDownLatch(1);
      slot.executor().execute(() -> {
        stuck.countDown();
        Await.quietly(held);
      });
      assertThat(stuck.await(10, TimeUnit.SECONDS)).isTrue();
      AtomicInteger rung = new AtomicInteger();
      try (Registration handler = slot.doorbell(argument, rung::incrementAndGet)) {
        for (int i = 0; i < 1000; i++) {
          device.doorbell(argument).raise(0);
        }
        assertThat(rung.get()).isZero();
        held.countDown();
        eventually("the ring", () -> rung.get() > 0);
      }
    } finally {
      held.countDown();
    }
  }
}
