package virtio.net.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.Failure;
import virtio.net.Frame;
import virtio.net.Sent;
import virtio.testkit.Clause;

/** The way out: whose a frame is, what is copied, and what is refused. */
class SendTest extends PortRig {
  private Frame filled(int length) {
    return card.frame().put(MemorySegment.ofArray(bytes(length)), 0, length);
  }

  @Test
  void aFrameIsTheCardsOnceItWasAccepted() {
    FakeCard first = begin();
    Frame frame = filled(60);
    assertThat(card.send(frame)).isEqualTo(Sent.ACCEPTED);
    assertThat(first.sent()).containsExactly(FakeCard.text(bytes(60)));
    assertThat(first.kicks()).isEqualTo(1);
    assertThatThrownBy(() -> card.send(frame)).isInstanceOf(IllegalStateException.class)
        .hasMessage("frame=0 of fake m0/0 (was sent or released before)");
    assertThatThrownBy(frame::release).isInstanceOf(IllegalStateException.class);
    assertThat(card.counters().bounced()).isZero();
    assertThat(first.sent()).hasSize(1);
  }

  @Test
  void manyAreSentInOrderWithOneDoorbellAsFarAsTheyGo() {
    FakeCard first = begin();
    Frame[] frames = {null, filled(60), filled(61), filled(13), filled(62)};
    assertThat(card.send(frames, 1, 4)).as("one is too short").isEqualTo(2);
    assertThat(first.sent()).containsExactly(FakeCard.text(bytes(60)), FakeCard.text(bytes(61)));
    assertThat(first.kicks()).isEqualTo(1);
    assertThat(card.send(frames, 3, 1)).isZero();
    assertThat(first.kicks()).as("no doorbell for none").isEqualTo(1);
    assertThat(card.send(frames, 4, 1)).as("what was not taken is the caller's").isEqualTo(1);
    assertThatThrownBy(() -> card.send(frames, 4, 2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void oneDoorbellIsEnoughForFramesOfAnotherCardToo() {
    begin();
    Frame[] former = {filled(60), filled(61), filled(62)};
    FakeCard second = new FakeCard("fake m1/0");
    exchange(second, "b");
    assertThat(card.send(former, 0, 3)).isEqualTo(3);
    assertThat(second.sent()).hasSize(3);
    assertThat(second.kicks()).isEqualTo(1);
  }

  @Test
  void aFrameThatIsNotTheCallersStopsABatchAndWhatWasTakenBeforeGoesOut() {
    FakeCard first = begin();
    Frame done = filled(60);
    card.send(done);
    Frame[] frames = {filled(61), done, filled(62)};
    assertThatThrownBy(() -> card.send(frames, 0, 3)).isInstanceOf(IllegalStateException.class);
    assertThat(first.sent()).hasSize(2);
    assertThat(first.kicks()).as("its doorbell").isEqualTo(2);
  }

  @Test
  void otherMemoryIsCopiedAndCounted() {
    FakeCard first = begin();
    assertThat(card.send(MemorySegment.ofArray(bytes(100)), 20, 60)).isEqualTo(Sent.ACCEPTED);
    byte[] part = new byte[60];
    System.arraycopy(bytes(100), 20, part, 0, 60);
    assertThat(first.sent()).containsExactly(FakeCard.text(part));
    assertThat(card.send(bytes(64))).isEqualTo(Sent.ACCEPTED);
    assertThat(card.counters().bounced()).isEqualTo(2);
    assertThat(card.counters().bouncedBytes()).isEqualTo(124);
    assertThat(card.counters().sent()).isEqualTo(2);
  }

  @Test
  void memoryThatCannotBeReadTakesNoFrameWithIt() {
    FakeCard first = begin();
    MemorySegment closed;
    try (Arena arena = Arena.ofConfined()) {
      closed = arena.allocate(60);
    }
    for (int i = 0; i <= FakeCard.FRAMES; i++) {
      assertThatThrownBy(() -> card.send(MemorySegment.ofArray(bytes(60)), 1, 60)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> card.send(closed, 0, 60)).isInstanceOf(IllegalStateException.class);
    }
    assertThat(first.free()).isEqualTo(FakeCard.FRAMES);
    assertThat(first.sent()).isEmpty();
  }

  @Test
  void aFormerCardsFrameIsCopiedOnceAndGoesBackToIt() {
    FakeCard first = begin();
    Frame kept = filled(60).checksum(20, 2);
    Frame released = filled(61);
    FakeCard second = new FakeCard("fake m1/0");
    exchange(second, "b");
    assertThat(card.send(kept)).isEqualTo(Sent.ACCEPTED);
    assertThat(second.sent()).containsExactly(FakeCard.text(bytes(60)) + " sum 20+2");
    assertThat(card.counters().bounced()).isEqualTo(1);
    assertThat(first.free()).isEqualTo(FakeCard.FRAMES - 1);
    assertThatThrownBy(() -> card.send(kept)).isInstanceOf(IllegalStateException.class);
    released.release();
    assertThatThrownBy(() -> card.send(released)).as("its memory may be another's").isInstanceOf(IllegalStateException.class);
    assertThat(second.sent()).hasSize(1);
    assertThat(second.free()).isEqualTo(FakeCard.FRAMES - 1);
    assertThat(first.free()).isEqualTo(FakeCard.FRAMES);
  }

  @Test
  void aFrameThatCameMayBeSentOn() {
    FakeCard first = begin();
    first.give(bytes(60));
    Frame came = card.receive();
    assertThat(card.send(came)).isEqualTo(Sent.ACCEPTED);
    assertThat(first.sent()).containsExactly(FakeCard.text(bytes(60)));
    assertThat(first.back()).containsExactly(came);
  }

  @ParameterizedTest
  @ValueSource(ints = {68, 1500, 9000})
  @Clause("Device configuration layout")
  void lengthsAreThoseOfTheMtu(int mtu) {
    FakeCard first = begin(new FakeCard("fake m0/0").says(mtu, true, false));
    assertThat(card.mtu()).isEqualTo(mtu);
    for (int length : new int[] {-1, 0, 13, 18 + mtu + 1, Integer.MAX_VALUE}) {
      assertThat(card.send(MemorySegment.ofArray(new byte[20_000]), 0, length)).as("length " + length).isEqualTo(Sent.BAD_LENGTH);
    }
    assertThat(first.sent()).isEmpty();
    assertThat(card.send(bytes(14))).isEqualTo(Sent.ACCEPTED);
    assertThat(card.send(bytes(18 + mtu))).isEqualTo(Sent.ACCEPTED);
  }

  @Test
  void aFrameThatIsRefusedIsTheCallersStill() {
    FakeCard first = begin();
    Frame outside = filled(60).checksum(50, 9);
    assertThat(card.send(outside)).isEqualTo(Sent.BAD_LENGTH);
    assertThat(card.send(outside.length(13))).isEqualTo(Sent.BAD_LENGTH);
    assertThat(card.send(outside.length(61))).as("the sum's last byte is inside now").isEqualTo(Sent.ACCEPTED);
    assertThat(first.sent()).hasSize(1);
  }

  @Test
  void whoFindsNoRoomIsToldWhenThereIs() {
    FakeCard first = begin();
    for (int i = 0; i < FakeCard.FRAMES; i++) {
      assertThat(card.send(bytes(60))).isEqualTo(Sent.ACCEPTED);
    }
    assertThat(card.frame()).isNull();
    assertThat(card.send(bytes(60))).isEqualTo(Sent.FULL);
    assertThat(events).isEmpty();
    first.complete();
    assertThat(events).containsExactly("room");
    assertThat(card.send(bytes(60))).isEqualTo(Sent.ACCEPTED);
  }

  @Test
  void whoWaitsForRoomWhenTheCardIsExchangedIsToldOfTheNextOnes() {
    begin();
    for (int i = 0; i < FakeCard.FRAMES; i++) {
      card.send(bytes(60));
    }
    assertThat(card.send(bytes(60))).isEqualTo(Sent.FULL);
    exchange(new FakeCard("fake m1/0"), "b");
    await(() -> events.contains("room"));
    assertThat(card.send(bytes(60))).isEqualTo(Sent.ACCEPTED);
  }

  @Test
  void nothingIsTakenWithoutALink() {
    FakeCard first = begin();
    Frame frame = filled(60);
    card.send(bytes(61));
    first.says(1500, false, false);
    assertThat(card.send(frame)).isEqualTo(Sent.LINK_DOWN);
    assertThat(card.send(bytes(60))).isEqualTo(Sent.LINK_DOWN);
    assertThat(card.send(new Frame[] {frame}, 0, 1)).isZero();
    assertThat(first.free()).as("what was sent before stays with the card").isEqualTo(FakeCard.FRAMES - 2);
    first.says(1500, true, false);
    assertThat(card.send(frame)).isEqualTo(Sent.ACCEPTED);
  }

  @Test
  void withoutADeviceNothingIsTakenAndFramesStayTheirUsers() {
    FakeCard first = begin();
    Frame frame = filled(60);
    first.fail(Failure.Kind.DEVICE_GONE);
    assertThat(card.send(frame)).isEqualTo(Sent.NO_DEVICE);
    assertThat(card.send(bytes(60))).isEqualTo(Sent.NO_DEVICE);
    assertThat(card.send(new Frame[] {frame}, 0, 1)).isZero();
    assertThat(card.frame()).isNull();
    frame.release();
    assertThat(first.free()).isEqualTo(FakeCard.FRAMES);
  }

  @Test
  void aCardThatGoesWhileAFrameIsBeingSentLeavesItToItsUser() {
    FakeCard first = begin();
    Frame frame = filled(60);
    first.remove();
    control.wake();
    await(() -> card.send(frame) == Sent.NO_DEVICE);
    assertThat(frame.length()).isEqualTo(60);
    frame.release();
    assertThat(first.sent()).isEmpty();
  }

  @Test
  void aFrameAllocatesNothing() {
    FakeCard first = begin().quiet();
    MemorySegment memory = MemorySegment.ofArray(bytes(60));
    Frame[] batch = new Frame[2];
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int rounds = 20_000;
    send(first, batch, memory, rounds);
    long before = threads.getCurrentThreadAllocatedBytes();
    send(first, batch, memory, rounds);
    assertThat((threads.getCurrentThreadAllocatedBytes() - before) / rounds).as("bytes per four frames").isZero();
  }

  private void send(FakeCard to, Frame[] batch, MemorySegment memory, int rounds) {
    for (int i = 0; i < rounds; i++) {
      card.send(card.frame().put(memory, 0, 60));
      card.send(memory, 0, 60);
      batch[0] = card.frame().put(memory, 0, 60);
      batch[1] = card.frame().put(memory, 0, 60);
      card.send(batch, 0, 2);
      for (int frame = 0; frame < FakeCard.FRAMES; frame++) {
        to.complete();
      }
    }
  }
}
