package virtio.net.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import virtio.bus.Failure;
import virtio.bus.Registration;
import virtio.net.Frame;
import virtio.net.NetworkDevice.Receiver;
import virtio.testkit.LogLines;

/** The way in: those who poll, those who are called, and how one follows the other. */
class ReceiveTest extends PortRig {
  private final List<Integer> came = new CopyOnWriteArrayList<>();

  private void note(Frame frame) {
    came.add(frame.length());
    frame.release();
  }

  @Test
  void whoPollsGetsFramesInOrderAndGivesThemBack() {
    FakeCard first = begin();
    assertThat(card.receive()).isNull();
    first.give(bytes(60), bytes(61));
    Frame one = card.receive();
    assertThat(one.length()).isEqualTo(60);
    assertThat(one.card()).isSameAs(first);
    Frame two = card.receive();
    assertThat(two.length()).isEqualTo(61);
    assertThat(card.receive()).isNull();
    two.release();
    one.release();
    assertThat(first.back()).containsExactly(two, one);
    assertThatThrownBy(one::release).isInstanceOf(IllegalStateException.class);
    assertThat(card.poll()).as("there is no receiver").isZero();
  }

  @Test
  void aCopyGoesIntoTheCallersMemoryAndOneThatDoesNotFitIsThrownAway() {
    FakeCard first = begin();
    byte[] into = new byte[60];
    assertThat(card.receive(MemorySegment.ofArray(into))).isEqualTo(-1);
    first.give(bytes(60), bytes(61), bytes(59));
    assertThat(card.receive(MemorySegment.ofArray(into))).isEqualTo(60);
    assertThat(into).isEqualTo(bytes(60));
    assertThatThrownBy(() -> card.receive(MemorySegment.ofArray(into))).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("into=60 bytes (a frame of 61 came)");
    assertThat(card.receive(MemorySegment.ofArray(into))).isEqualTo(59);
    assertThat(first.back()).hasSize(3);
    assertThat(card.counters().bounced()).isEqualTo(2);
    assertThat(card.counters().bouncedBytes()).isEqualTo(119);
    assertThat(card.counters().received()).isEqualTo(3);
  }

  @Test
  void aReceiverIsCalledWithEachFrameUntilItIsClosed() {
    FakeCard first = begin();
    first.give(bytes(60));
    Registration registration = card.receive(this::note);
    assertThat(came).as("what had come").containsExactly(60);
    first.give(bytes(61), bytes(62));
    assertThat(came).containsExactly(60, 61, 62);
    assertThat(first.refills()).as("the device gets room after a batch").isPositive();
    registration.close();
    assertThat(first.listening()).isFalse();
    first.give(bytes(63));
    assertThat(came).hasSize(3);
    assertThat(card.receive().length()).isEqualTo(63);
  }

  @Test
  void thereIsOneReceiverAndNobodyPollsBeside() {
    begin();
    Receiver receiver = this::note;
    Registration registration = card.receive(receiver);
    assertThatThrownBy(() -> card.receive(receiver)).isInstanceOf(IllegalStateException.class).hasMessageContaining("(one at a time)");
    assertThatThrownBy(card::receive).isInstanceOf(IllegalStateException.class).hasMessage("receive() (not while there is a receiver)");
    assertThatThrownBy(() -> card.receive(MemorySegment.ofArray(new byte[1]))).isInstanceOf(IllegalStateException.class);
    registration.close();
    Registration other = card.receive(receiver);
    registration.close();
    assertThatThrownBy(card::receive).as("closing twice does nothing, the same receiver or not").isInstanceOf(IllegalStateException.class);
    other.close();
    assertThat(card.receive()).isNull();
  }

  @Test
  void aReceiverThatFailsIsLoggedAndTheNextFrameComes() {
    FakeCard first = begin();
    try (LogLines log = new LogLines("virtio.net"); Registration registration = card.receive(frame -> {
      note(frame);
      throw new IllegalStateException("a receiver's");
    })) {
      first.give(bytes(60), bytes(61));
      assertThat(came).containsExactly(60, 61);
      assertThat(log.lines()).containsExactly("a receiver failed", "a receiver failed");
    }
  }

  @Test
  void whatAReceiverKeepsTheDeviceDoesNotGet() {
    FakeCard first = begin();
    List<Frame> kept = new ArrayList<>();
    try (Registration registration = card.receive(kept::add)) {
      first.give(bytes(60), bytes(61));
      assertThat(kept).hasSize(2);
      assertThat(first.back()).isEmpty();
      kept.getLast().release();
      assertThat(first.back()).containsExactly(kept.getLast());
    }
    kept.getFirst().release();
    assertThat(first.back()).hasSize(2);
  }

  @Test
  void aReceiverMayHandOnToAnotherInTheMiddleOfABatch() {
    FakeCard first = begin();
    List<Integer> later = new CopyOnWriteArrayList<>();
    Registration[] registration = {null};
    registration[0] = card.receive(frame -> {
      note(frame);
      registration[0].close();
      card.receive(next -> {
        later.add(next.length());
        next.release();
      });
    });
    first.give(bytes(60), bytes(61), bytes(62));
    assertThat(came).containsExactly(60);
    assertThat(later).containsExactly(61, 62);
    first.give(bytes(63));
    assertThat(later).as("it is called for what comes later").containsExactly(61, 62, 63);
  }

  @Test
  void aReceiverThatHandsOnWhileSomebodyPollsIsFollowedTooAlthoughTheCardLookedInBetween() {
    FakeCard first = begin();
    List<Integer> later = new CopyOnWriteArrayList<>();
    Registration[] registration = {null};
    boolean[] looked = {false};
    registration[0] = card.receive(frame -> {
      note(frame);
      registration[0].close();
      looked[0] = control.traffic().receivable(first);   // on another thread, in life: nobody is there, so it asks no more
      first.listen(false);
      card.receive(next -> {
        later.add(next.length());
        next.release();
      });
    });
    first.listen(false);
    first.give(bytes(60));
    assertThat(card.poll()).isEqualTo(1);
    assertThat(looked[0]).isFalse();
    first.give(bytes(61));
    assertThat(later).containsExactly(61);
  }

  @Test
  void aReceiverThatClosesItselfIsCalledNoMore() {
    FakeCard first = begin();
    Registration[] registration = {null};
    registration[0] = card.receive(frame -> {
      note(frame);
      registration[0].close();
    });
    first.give(bytes(60), bytes(61));
    assertThat(came).containsExactly(60);
    assertThat(card.receive().length()).isEqualTo(61);
  }

  @Test
  void closingWaitsForTheCallThatIsUnderWay() throws InterruptedException {
    FakeCard first = begin();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Registration registration = card.receive(frame -> {
      inside.countDown();
      try {
        go.await(20, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      note(frame);
    });
    Thread device = Thread.ofPlatform().start(() -> first.give(bytes(60), bytes(61)));
    assertThat(inside.await(20, TimeUnit.SECONDS)).isTrue();
    List<Integer> atClose = new CopyOnWriteArrayList<>();
    Thread closer = Thread.ofPlatform().start(() -> {
      registration.close();
      atClose.addAll(came);
    });
    await(() -> closer.getState() == Thread.State.WAITING);
    go.countDown();
    closer.join();
    device.join();
    assertThat(atClose).containsExactly(60);
    assertThat(came).as("none after it").containsExactly(60);
  }

  @Test
  void framesAreDeliveredOneAtATimeWhoeverPolls() throws InterruptedException {
    FakeCard first = begin();
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (Registration registration = card.receive(frame -> {
      most.accumulateAndGet(inside.incrementAndGet(), Math::max);
      note(frame);
      inside.decrementAndGet();
    })) {
      List<Thread> pollers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        pollers.add(Thread.ofPlatform().start(() -> {
          while (came.size() < 500) {
            card.poll();
          }
        }));
      }
      for (int i = 0; i < 500; i++) {
        first.give(bytes(60 + i % 100));
      }
      for (Thread poller : pollers) {
        poller.join();
      }
      assertThat(came).hasSize(500);
      for (int i = 0; i < 500; i++) {
        assertThat(came.get(i)).isEqualTo(60 + i % 100);
      }
      assertThat(most).hasValue(1);
    }
  }

  @Test
  void aReceiverStaysWhenTheCardIsExchanged() {
    FakeCard first = begin();
    try (Registration registration = card.receive(this::note)) {
      first.give(bytes(60));
      FakeCard second = new FakeCard("fake m1/0");
      exchange(second, "b");
      second.give(bytes(61));
      first.give(bytes(62));
      assertThat(came).as("a former card's are nobody's").containsExactly(60, 61);
    }
  }

  @Test
  void aFrameThatIsHeldOutlivesItsCard() {
    FakeCard first = begin();
    first.give(bytes(60));
    Frame held = card.receive();
    first.fail(Failure.Kind.DEVICE_GONE);
    await(() -> !control.online());
    assertThat(card.receive()).isNull();
    assertThat(card.receive(MemorySegment.ofArray(new byte[100]))).isEqualTo(-1);
    byte[] bytes = new byte[60];
    assertThat(held.get(MemorySegment.ofArray(bytes), 0)).isEqualTo(60);
    assertThat(bytes).isEqualTo(bytes(60));
    held.release();
    assertThat(first.back()).containsExactly(held);
  }

  @Test
  void aFrameThatIsTakenAllocatesNothing() {
    FakeCard first = begin().quiet();
    first.give(bytes(60), bytes(61));
    Frame[] held = new Frame[2];
    MemorySegment into = MemorySegment.ofArray(new byte[100]);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int rounds = 20_000;
    long polled = 0;
    for (int i = 0; i < 2; i++) {   // the first time it warms up
      long before = threads.getCurrentThreadAllocatedBytes();
      pollAndCopy(into, rounds);
      polled = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(polled / rounds).as("bytes per two frames, polled").isZero();
    card.receive(frame -> held[frame.length() - 60] = frame);
    long called = 0;
    for (int i = 0; i < 2; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      takeBack(held, rounds);
      called = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(called / rounds).as("bytes per two frames, called back with").isZero();
  }

  private void pollAndCopy(MemorySegment into, int rounds) {
    for (int i = 0; i < rounds; i++) {
      card.receive().release();
      card.receive(into);
    }
  }

  private void takeBack(Frame[] held, int rounds) {
    for (int i = 0; i < rounds; i++) {
      held[0].release();
      held[1].release();
      if (card.poll() != 2) {
        throw new AssertionError("round " + i);
      }
    }
  }
}
