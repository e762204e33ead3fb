package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.Channel;
import virtio.bus.Channel.Direction;
import virtio.bus.Registration;

/**
 * What every channel must do, seen from both its ends; each test is done in both directions. A transport's test extends this, once for
 * each kind of channel, and gives it two ends that are joined.
 */
@Timeout(120)
public abstract class ChannelContract {
  private static final int BYTES = 100_000;
  /** No channel may swallow more while nobody reads. */
  private static final int SWALLOWED = 16 << 20;

  private ChannelPair pair;
  private ChannelEnd left;
  private ChannelEnd right;
  private ExecutorService threads;

  /** Two joined ends, nothing on the way. */
  protected abstract ChannelPair connect() throws Exception;

  /** How long to wait for what must come. */
  protected Duration patience() {
    return Duration.ofSeconds(20);
  }

  @BeforeEach
  final void join() throws Exception {
    threads = Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("channel-test-", 0).factory());
    pair = connect();
    left = new ChannelEnd(pair.left(), patience());
    right = new ChannelEnd(pair.right(), patience());
  }

  @AfterEach
  final void part() {
    if (right != null) {
      left.close();
      right.close();
    }
    if (pair != null) {
      pair.close();
    }
    threads.shutdownNow();
  }

  /** A way from one end to the other. */
  private record Way(ChannelEnd from, ChannelEnd to, Channel sends, Channel receives) {}

  private List<Way> ways() {
    return List.of(new Way(left, right, pair.left(), pair.right()), new Way(right, left, pair.right(), pair.left()));
  }

  private boolean messages() {
    return pair.left().maxMessage() > 0;
  }

  private void eventually(String what, BooleanSupplier condition) {
    assertThat(Await.that(patience(), condition)).as(what).isTrue();
  }

  private static byte[] random(int seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  @Test
  @Shows("F40")
  void thereAreExactlyTwoDirections() {
    assertThat(Direction.values()).containsExactly(Direction.READ, Direction.WRITE);
    assertThat(pair.right().maxMessage()).as("maxMessage at either end").isEqualTo(pair.left().maxMessage());
  }

  @Test
  @Shows("F40")
  void everyByteArrivesOnceAndInOrderBothWaysAtOnce() throws Exception {
    List<Future<?>> work = new ArrayList<>();
    int seed = 0;
    for (Way way : ways()) {
      byte[] sent = random(++seed, BYTES);
      Random chunks = new Random(100 + seed);
      work.add(threads.submit((Callable<Void>) () -> {
        for (int done = 0; done < BYTES; ) {
          int length = Math.min(BYTES - done, 1 + chunks.nextInt(Math.min(way.from().most(), chunks.nextInt(10) == 0 ? 20_000 : 1500)));
          way.from().writeAll(sent, done, length);
          done += length;
        }
        return null;
      }));
      Random asked = new Random(200 + seed);
      work.add(threads.submit((Callable<Void>) () -> {
        byte[] received = new byte[BYTES];
        for (int done = 0; done < BYTES; ) {
          done += way.to().readSome(received, done, Math.min(BYTES - done, 1 + asked.nextInt(3000)));
        }
        assertThat(received).isEqualTo(sent);
        return null;
      }));
    }
    for (Future<?> each : work) {
      each.get(100, TimeUnit.SECONDS);
    }
    for (Way way : ways()) {
      assertThat(way.to().read(new byte[way.to().most()], 0, way.to().most())).as("after the last byte").isZero();
      assertThat(way.from().calledInside()).as("ready on the stack of a transfer").isFalse();
    }
  }

  @Test
  @Shows("F40")
  void nothingThereIsZeroAndItsEndIsTold() throws Exception {
    for (Way way : ways()) {
      byte[] into = new byte[way.to().most()];
      for (int round = 1; round <= 100; round++) {
        assertThat(way.to().read(into, 0, into.length)).as("nothing was sent").isZero();
        byte[] sent = random(round, 1 + round % 50);
        long before = way.to().calls();
        way.from().writeAll(sent, 0, sent.length);
        eventually("told in round " + round, () -> way.to().calls() > before);
        byte[] received = new byte[sent.length];
        for (int done = 0; done < sent.length; ) {
          done += way.to().readSome(received, done, sent.length - done);
        }
        assertThat(received).isEqualTo(sent);
      }
    }
  }

  @Test
  @Shows("F40")
  void aWriterIsHeldUpAndWokenWhenItsReaderMakesRoom() throws Exception {
    for (Way way : ways()) {
      int length = Math.min(way.from().most(), 1000);
      List<Integer> accepted = new ArrayList<>();
      int total = 0;
      byte[] piece = random(0, length);
      for (int refused = 0; refused < 1000; ) {
        int moved = way.from().write(piece, 0, length);
        refused = moved == 0 ? refused + 1 : 0;
        if (moved > 0) {
          accepted.add(moved);
          total += moved;
          piece = random(accepted.size(), length);
        }
        assertThat(total).as("bytes written while nobody reads").isLessThan(SWALLOWED);
      }
      long before = way.from().calls();
      for (int i = 0; i < accepted.size(); i++) {
        byte[] received = new byte[accepted.get(i)];
        for (int done = 0; done < received.length; ) {
          done += way.to().readSome(received, done, received.length - done);
        }
        assertThat(received).as("piece " + i).isEqualTo(Arrays.copyOf(random(i, length), accepted.get(i)));
      }
      eventually("the writer is told that there is room", () -> way.from().calls() > before);
      way.from().writeAll(new byte[] {42}, 0, 1);
      byte[] last = new byte[1];
      assertThat(way.to().readSome(last, 0, 1)).isEqualTo(1);
      assertThat(last[0]).isEqualTo((byte) 42);
    }
  }

  @Test
  void aWayThatIsFullHoldsUpOnlyItself() throws Exception {
    for (Way way : ways()) {
      byte[] filler = new byte[Math.min(way.from().most(), 1000)];
      for (int total = 0, moved = 1; moved > 0; total += moved) {
        moved = way.from().write(filler, 0, filler.length);
        assertThat(total).as("bytes written while nobody reads").isLessThan(SWALLOWED);
      }
      byte[] received = new byte[1];
      for (int i = 0; i < 200; i++) {
        way.to().writeAll(new byte[] {(byte) i}, 0, 1);
        assertThat(way.from().readSome(received, 0, 1)).isEqualTo(1);
        assertThat(received[0]).isEqualTo((byte) i);
      }
      byte[] drain = new byte[way.to().most()];
      while (way.to().read(drain, 0, drain.length) > 0) {
        assertThat(way.to().calledInside()).isFalse();
      }
    }
  }

  @Test
  @Shows("F40")
  void aMessageArrivesWholeAndAStreamHasNoBoundaries() throws Exception {
    for (Way way : ways()) {
      if (!messages()) {
        byte[] sent = random(3, 10);
        way.from().writeAll(sent, 0, 10);
        byte[] received = new byte[10];
        for (int at = 0; at < 10; at++) {
          assertThat(way.to().readSome(received, at, 1)).as("byte " + at).isEqualTo(1);
        }
        assertThat(received).isEqualTo(sent);
        continue;
      }
      int most = way.from().most();
      int[] lengths = {1, 2, 3, most, 7, most - 1, 1, Math.max(1, most / 2), 64, most};
      Future<Void> writer = threads.submit(() -> {
        for (int i = 0; i < 10 * lengths.length; i++) {
          way.from().writeAll(random(i, lengths[i % lengths.length]), 0, lengths[i % lengths.length]);
        }
        return null;
      });
      byte[] received = new byte[most];
      for (int i = 0; i < 10 * lengths.length; i++) {
        int length = way.to().readSome(received, 0, most);
        assertThat(Arrays.copyOf(received, length)).as("message " + i).isEqualTo(random(i, lengths[i % lengths.length]));
      }
      writer.get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void aCallersMistakeIsAnExceptionAndMovesNothing() throws Exception {
    for (Way way : ways()) {
      way.from().writeAll(new byte[] {7}, 0, 1);
      int most = way.sends().maxMessage() == 0 ? 64 : way.sends().maxMessage();
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment memory = arena.allocate(most + 1, 8);
        for (Direction direction : Direction.values()) {
          Channel end = direction == Direction.READ ? way.receives() : way.sends();
          refuses(end, memory, 0, 0, direction);
          refuses(end, memory, 0, -1, direction);
          refuses(end, memory, 0, most + 2, direction);
          refuses(end, memory, -1, most, direction);
          refuses(end, memory, 2, most, direction);
        }
        if (messages()) {
          refuses(way.sends(), memory, 0, most + 1, Direction.WRITE);
          refuses(way.receives(), memory, 0, most - 1, Direction.READ);
        }
      }
      byte[] received = new byte[1];
      assertThat(way.to().readSome(received, 0, 1)).isEqualTo(1);
      assertThat(received[0]).isEqualTo((byte) 7);
    }
  }

  private static void refuses(Channel end, MemorySegment memory, long offset, long length, Direction direction) {
    assertThatThrownBy(() -> end.transfer(memory, offset, length, direction))
        .as("%s of %d at %d, memory of %d", direction, length, offset, memory.byteSize())
        .isInstanceOfAny(IllegalArgumentException.class, IndexOutOfBoundsException.class);
  }

  @Test
  void memoryIsUsedFromTheOffsetOnAndNotBeyond() throws Exception {
    for (Way way : ways()) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment memory = arena.allocate(way.to().most() + 64L, 8).fill((byte) 0x55);
        memory.asSlice(17, 5).copyFrom(MemorySegment.ofArray(new byte[] {1, 2, 3, 4, 5}));
        long moved = 0;
        for (; moved < 5; moved += Math.max(0, way.from().transfer(memory, 17 + moved, 5 - moved, Direction.WRITE))) {
          Thread.onSpinWait();
        }
        memory.fill((byte) 0x55);
        long asked = messages() ? way.to().most() : 5;
        for (moved = 0; moved < 5; moved += Math.max(0, way.to().transfer(memory, 32 + moved, messages() ? asked : 5 - moved,
            Direction.READ))) {
          Thread.onSpinWait();
        }
        assertThat(memory.asSlice(32, 5).toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3, 4, 5);
        assertThat(memory.asSlice(0, 32).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x55);
        assertThat(memory.asSlice(37).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x55);
      }
    }
  }

  @Test
  void aRegistrationThatIsClosedIsSilent() throws Exception {
    for (Way way : ways()) {
      AtomicInteger calls = new AtomicInteger();
      Registration registration = way.receives().ready(calls::incrementAndGet);
      tellOnce(way);
      eventually("a second one is told too", () -> calls.get() > 0);
      registration.close();
      registration.close();
      int before = calls.get();
      for (int i = 0; i < 20; i++) {
        tellOnce(way);
      }
      assertThat(calls.get()).as("calls after close").isEqualTo(before);
    }
  }

  /** Nothing there, then something: whoever is registered is told. */
  private void tellOnce(Way way) throws InterruptedException {
    byte[] into = new byte[way.to().most()];
    long before = way.to().calls();
    assertThat(way.to().read(into, 0, into.length)).isZero();
    way.from().writeAll(new byte[] {1}, 0, 1);
    eventually("told", () -> way.to().calls() > before);   // who reads at once need not be told any more
    assertThat(way.to().readSome(into, 0, 1)).isEqualTo(1);
  }

  @Test
  void closingWaitsForACallUnderWay() throws Exception {
    for (Way way : ways()) {
      CountDownLatch running = new CountDownLatch(1);
      CountDownLatch held = new CountDownLatch(1);
      AtomicInteger over = new AtomicInteger();
      Registration registration = way.receives().ready(() -> {
        running.countDown();
        Await.quietly(held);
        over.set(1);
      });
      assertThat(way.to().read(new byte[way.to().most()], 0, way.to().most())).isZero();
      way.from().writeAll(new byte[] {1}, 0, 1);
      assertThat(running.await(patience().toMillis(), TimeUnit.MILLISECONDS)).as("told").isTrue();
      Future<Integer> closing = threads.submit(() -> {
        registration.close();
        return over.get();
      });
      assertThat(closing.isDone()).isFalse();
      held.countDown();
      assertThat(closing.get(patience().toSeconds(), TimeUnit.SECONDS)).as("the call was over when close returned").isEqualTo(1);
      assertThat(way.to().readSome(new byte[1], 0, 1)).isEqualTo(1);
    }
  }

  @Test
  void aHandlerMayCloseItself() throws Exception {
    for (Way way : ways()) {
      CountDownLatch closed = new CountDownLatch(1);
      Registration[] self = new Registration[1];
      synchronized (self) {
        self[0] = way.receives().ready(() -> {
          synchronized (self) {
            self[0].close();
          }
          closed.countDown();
        });
      }
      tellOnce(way);
      assertThat(closed.await(patience().toMillis(), TimeUnit.MILLISECONDS)).as("closed from inside").isTrue();
      tellOnce(way);
    }
  }

  @Test
  @Shows("F40")
  void aPeerThatHasGoneIsGoneForGood() throws Exception {
    goneOrWaiting(pair.leftGoes(), right);
  }

  @Test
  @Shows("F40")
  void aPeerThatHasGoneIsGoneForGoodAtTheOtherEndToo() throws Exception {
    goneOrWaiting(pair.rightGoes(), left);
  }

  /** @param told whether that end learns of it; one that waits for another peer has nothing to read, and is well */
  private static void goneOrWaiting(boolean told, ChannelEnd end) throws InterruptedException {
    if (told) {
      stayGone(end);
      return;
    }
    byte[] bytes = new byte[end.most()];
    for (int i = 0; i < 100; i++) {
      assertThat(end.read(bytes, 0, bytes.length)).isZero();
    }
  }

  private static void stayGone(ChannelEnd end) throws InterruptedException {
    end.awaitGone(Direction.READ);
    end.awaitGone(Direction.WRITE);
    byte[] bytes = new byte[end.most()];
    for (int i = 0; i < 100; i++) {
      assertThat(end.read(bytes, 0, bytes.length)).isEqualTo(Channel.GONE);
      assertThat(end.write(bytes, 0, 1)).isEqualTo(Channel.GONE);
    }
  }

  @Test
  void aReaderThatWaitsIsToldWhenItsPeerGoes() throws Exception {
    Future<Void> waiting = threads.submit(() -> {
      right.awaitGone(Direction.READ);
      return null;
    });
    if (pair.leftGoes()) {
      waiting.get(patience().toSeconds() + 5, TimeUnit.SECONDS);
    } else {
      waiting.cancel(true);
      goneOrWaiting(false, right);
    }
  }
}
