package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.Virtqueue;
import virtio.bus.Virtqueue.Added;

/** When a ring's callbacks come, when they do not, and who may call what from where. */
public abstract class RingCallbackContract extends RingLifeContract {
  @Test
  @Shows("F13")
  void aUsedBufferCallsBackAndNoneDoesNot() {
    AtomicInteger calls = new AtomicInteger();
    RingPair pair = fresh(8, queue -> counted(calls, false), null).start();
    pair.add("a");
    pair.driver().sync();
    pair.settle();
    assertThat(calls).hasValue(0);
    pair.serve(0);
    pair.settle();
    assertThat(calls.get()).isPositive();
  }

  @Test
  @Shows("F13")
  void anAvailableBufferCallsTheDeviceBack() {
    AtomicInteger calls = new AtomicInteger();
    RingPair pair = fresh(8, null, queue -> counted(calls, false)).start();
    pair.settle();
    int before = calls.get();
    if (before != 0) {
      assertThat(pair.device().restart()).isTrue();
    }
    pair.add("a");
    pair.driver().sync();
    pair.settle();
    assertThat(calls.get()).isGreaterThan(before);
  }

  @Test
  @Shows({"F14", "F22"})
  void falseKeepsCallbacksOffUntilRestart() {
    AtomicInteger calls = new AtomicInteger();
    RingPair pair = fresh(8, queue -> counted(calls, false), null).start();
    oneBuffer(pair, "a");
    assertThat(calls).hasValue(1);
    oneBuffer(pair, "b");
    assertThat(calls).hasValue(1);
    assertThat(pair.drain()).containsExactly("a", "b");
    assertThat(pair.driver().restart()).isTrue();
    oneBuffer(pair, "c");
    assertThat(calls).hasValue(2);
  }

  @Test
  @Shows("F22")
  void whoSleepsAfterRestartIsWoken() {
    AtomicInteger used = new AtomicInteger();
    AtomicInteger available = new AtomicInteger();
    RingPair pair = fresh(8, queue -> counted(used, false), queue -> counted(available, false)).start();
    oneBuffer(pair, "first");   // both callbacks ran, both are off
    pair.drain();
    assertThat(pair.device().restart()).isTrue();
    pair.add("second");
    pair.driver().sync();
    assertThat(pair.driver().restart()).isTrue();   // and asleep: no operation of the driver's half from here on
    pair.settle();
    assertThat(available).hasValue(2);
    pair.serve(0);
    pair.settle();
    assertThat(used).hasValue(2);
  }

  @Test
  @Shows("F22")
  void restartWithWorkPendingSaysSoAndStaysOff() {
    AtomicInteger calls = new AtomicInteger();
    RingPair pair = fresh(8, queue -> counted(calls, false), null).start();
    oneBuffer(pair, "a");
    oneBuffer(pair, "b");
    assertThat(pair.driver().restart()).isFalse();
    int before = calls.get();
    pair.settle();
    pair.driver().signalled();
    assertThat(calls).hasValue(before);
    assertThat(pair.drain()).containsExactly("a", "b");
    assertThat(pair.driver().restart()).isTrue();
  }

  @Test
  @Shows("F14")
  void trueMeansLookAgainUntilNothingIsLeft() {
    List<Object> got = new ArrayList<>();
    RingPair pair = fresh(8, queue -> {
      got.add(((Virtqueue) queue).get());
      return true;
    }, null).start();
    for (int i = 0; i < 5; i++) {
      pair.add(i);
    }
    pair.driver().sync();
    pair.settle();
    pair.serve(0);
    pair.settle();
    assertThat(got).contains(0, 1, 2, 3, 4);
    oneBuffer(pair, "next");
    assertThat(got).contains("next");
  }

  @Test
  @Shows("F14")
  void aRestartInsideTheCallbackOutlivesItsFalse() {
    AtomicInteger calls = new AtomicInteger();
    RingPair pair = fresh(8, queue -> {
      while (((Virtqueue) queue).get() != null) {
        calls.incrementAndGet();
      }
      queue.restart();
      return false;
    }, null).start();
    for (int i = 1; i <= 20; i++) {
      oneBuffer(pair, i);
      assertThat(calls).hasValue(i);
    }
  }

  @Test
  @Shows("F15")
  void withoutACallbackThereIsSilence() {
    RingPair pair = live(8);
    oneBuffer(pair, "a");
    pair.driver().signalled();
    assertThat(pair.drain()).containsExactly("a");
  }

  @Test
  @Shows("F15")
  void theAttachmentIsTheOwnersOwn() {
    Object mine = new Object();
    AtomicReference<Object> seen = new AtomicReference<>();
    RingPair pair = fresh(8, queue -> {
      seen.set(queue.attachment());
      return false;
    }, null).start();
    pair.driver().attach(mine);
    oneBuffer(pair, "a");
    assertThat(seen.get()).isSameAs(mine);
  }

  @Test
  @Trap("T05")
  @Clause({"Used Buffer Notification Suppression", "Available Buffer Notification Suppression"})
  void tenThousandSpuriousSignalsChangeNothing() {
    AtomicInteger used = new AtomicInteger();
    AtomicInteger available = new AtomicInteger();
    RingPair pair = fresh(8, queue -> counted(used, false), queue -> counted(available, false)).start();
    pair.driver().signalled();
    pair.device().signalled();
    int usedBefore = used.get();
    int availableBefore = available.get();
    for (int i = 0; i < 10_000; i++) {
      pair.driver().signalled();
      pair.device().signalled();
    }
    assertThat(used).as("callbacks are off").hasValue(usedBefore);
    assertThat(available).as("callbacks are off").hasValue(availableBefore);
    assertThat(pair.driver().restart()).isTrue();
    assertThat(pair.device().restart()).isTrue();
    oneBuffer(pair, "a");
    assertThat(pair.drain()).containsExactly("a");
    assertThat(pair.driver().counters().ignored()).isGreaterThanOrEqualTo(10_000);
  }

  @Test
  @Shows("F16")
  @Clause("Device Initialization")
  @Trap("T16")
  void noDoorbellBeforeDriverOkAndOneRightAfter() {
    RingPair pair = fresh(8, null, null);
    for (int i = 0; i < 8; i++) {
      pair.add(i);
      pair.driver().sync();
    }
    assertThat(pair.doorbell().count()).isZero();
    pair.start();
    if (signals()) {
      assertThat(pair.doorbell().count()).isOne();
    }
    pair.settle();
    assertThat(pair.serve(0)).isEqualTo(8);
    RingPair empty = fresh(8, null, null).start();
    assertThat(empty.doorbell().count()).as("nothing to tell").isZero();
  }

  @Test
  @Shows("F16")
  void oneDoorbellForManyAndNoneForNothing() {
    RingPair pair = live(8);
    for (int i = 0; i < 5; i++) {
      pair.add(i);
    }
    pair.driver().sync();
    if (signals()) {
      assertThat(pair.doorbell().count()).isOne();
    }
    int rung = pair.doorbell().count();
    pair.driver().sync();
    assertThat(pair.doorbell().count()).isEqualTo(rung);
  }

  @Test
  @Shows("F22")
  @Clause({"Used Buffer Notification Suppression", "Available Buffer Notification Suppression"})
  void eachHalfCanBeToldNotToSignal() {
    AtomicInteger used = new AtomicInteger();
    AtomicInteger available = new AtomicInteger();
    RingPair pair = fresh(8, queue -> counted(used, false), queue -> counted(available, false)).start();
    oneBuffer(pair, "a");   // both callbacks ran, both are off
    int rung = pair.doorbell().count();
    int interrupted = pair.interrupt().count();
    oneBuffer(pair, "b");
    oneBuffer(pair, "c");
    assertThat(pair.doorbell().count()).isEqualTo(rung);
    assertThat(pair.interrupt().count()).isEqualTo(interrupted);
    pair.drain();
    assertThat(pair.driver().restart()).isTrue();
    assertThat(pair.device().restart()).isTrue();
    oneBuffer(pair, "d");
    if (signals()) {
      assertThat(pair.doorbell().count()).isEqualTo(rung + 1);
      assertThat(pair.interrupt().count()).isEqualTo(interrupted + 1);
    }
    assertThat(used).hasValue(2);
    assertThat(available).hasValue(2);
  }

  @Test
  @Shows("F23")
  void aSecondThreadInsideAQueueIsAnErrorThatNamesIt() throws InterruptedException {
    RingPair pair = live(8);
    RingPair other = live(8);
    AtomicReference<Throwable> same = new AtomicReference<>();
    AtomicReference<Throwable> different = new AtomicReference<>();
    duringAnOperation(pair, () -> {
      onAThread(same, () -> pair.driver().get());
      onAThread(different, () -> other.driver().get());
    });
    assertThat(same.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("queue=0");
    assertThat(different.get()).isNull();
    pair.settle();
    pair.serve(0);
    pair.settle();
    assertThat(pair.drain()).as("the one that was inside went on").containsExactly("during");
  }

  @Test
  @Shows("F23")
  void everyOperationMayBeCalledFromACallback() {
    RingPair other = live(8);
    AtomicReference<Added> added = new AtomicReference<>();
    RingPair pair = fresh(8, queue -> {
      Virtqueue mine = (Virtqueue) queue;
      Object token = mine.get();
      mine.add(other.chain(0, 1), "unsynced");
      mine.detach("unsynced");
      added.set(other.add(token));
      other.driver().sync();
      mine.restart();
      return false;
    }, null).start();
    oneBuffer(pair, "a");
    assertThat(added).hasValue(Added.OK);
    other.settle();
    other.serve(0);
    other.settle();
    assertThat(other.drain()).containsExactly("a");
  }

  /** Both owners sleep until they are called, callbacks return false, and restart comes from another thread than the dispatcher. */
  @Test
  @Shows({"F14", "F22"})
  void neitherHalfSleepsForEver() throws InterruptedException {
    Semaphore used = new Semaphore(0);
    Semaphore available = new Semaphore(0);
    Semaphore signal = new Semaphore(0);
    RingPair pair = fresh(4, queue -> released(used), queue -> released(available));
    pair.doorbell().meanwhile(signal::release);
    pair.interrupt().meanwhile(signal::release);
    pair.tasks().posted(signal::release);
    pair.start();
    AtomicBoolean over = new AtomicBoolean();
    Thread dispatcher = Thread.ofPlatform().start(() -> {
      while (!over.get()) {
        pair.settle();
        signal.acquireUninterruptibly();
        signal.drainPermits();
      }
    });
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    Thread device = Thread.ofPlatform().start(() -> wrong.compareAndSet(null, failure(() -> serveAsleep(pair, available, over))));
    int total = 30_000;
    int in = 0;
    int out = 0;
    try {
      while (out < total) {
        while (in < total && pair.add(in) == Added.OK) {
          in++;
        }
        pair.driver().sync();
        boolean any = false;
        while (pair.driver().get() != null) {
          out++;
          any = true;
        }
        if (!any && pair.driver().restart()) {
          assertThat(used.tryAcquire(patienceSeconds(), TimeUnit.SECONDS)).as("asleep at %d of %d", out, total).isTrue();
        }
        assertThat(pair.driver().broken()).isNull();
      }
    } finally {
      over.set(true);
      signal.release();
      available.release();
      dispatcher.join();
      device.join();
    }
    assertThat(wrong.get()).isNull();
    assertThat(pair.device().broken()).isNull();
  }

  private static void serveAsleep(RingPair pair, Semaphore available, AtomicBoolean over) {
    Chain chain = new Chain(4);
    while (!over.get()) {
      boolean any = false;
      while (pair.device().take(chain)) {
        pair.device().push(chain);
        pair.device().sync();
        any = true;
      }
      if (!any && pair.device().restart()) {
        available.acquireUninterruptibly();
      }
    }
  }

  private static boolean released(Semaphore semaphore) {
    semaphore.release();
    return false;
  }

  private static boolean counted(AtomicInteger calls, boolean answer) {
    calls.incrementAndGet();
    return answer;
  }

  /** A buffer goes all the way to the used side; nobody gets it. */
  private static void oneBuffer(RingPair pair, Object token) {
    assertThat(pair.add(token)).isEqualTo(Added.OK);
    pair.driver().sync();
    pair.settle();
    assertThat(pair.serve(0)).isOne();
    pair.settle();
  }

  private static void onAThread(AtomicReference<Throwable> thrown, Runnable operation) {
    Thread thread = Thread.ofPlatform().start(() -> thrown.set(failure(operation)));
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Throwable failure(Runnable action) {
    try {
      action.run();
      return null;
    } catch (RuntimeException | AssertionError e) {
      return e;
    }
  }
}
