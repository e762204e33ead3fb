package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Queue.State;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;
import virtio.bus.Virtqueue.Added;
import virtio.testkit.Await;
import virtio.testkit.OtherProcess;
import virtio.testkit.RingEnds;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeMemory;

/** The device lives in another JVM; all that the two share is a Unix-domain stream socket. */
@Timeout(120)
class TwoProcessesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final int SIZE = 16;
  private static final int MOST = 1 << 18;

  @TempDir
  Path folder;

  private final SocketRing ring = new SocketRing();
  private final ExecutorService control = Executors.newSingleThreadExecutor();
  private final Arena arena = Arena.ofShared();
  private final DmaMemory memory = new DmaMemory(arena.allocate(2L * SIZE * MOST, 8), 0);
  private final Semaphore used = new Semaphore(0);
  private OtherProcess device;
  private StreamSocket socket;
  private RingFormat.Rings<Virtqueue> rings;
  private Virtqueue queue;

  private void connect(String name) throws IOException {
    Path path = folder.resolve(name);
    device = new OtherProcess(folder, EchoProcess.class, path.toString());
    socket = StreamSocket.connect(path);
    rings = ring.driver(RingEnds.link(new FakeMemory(false), socket), control);
    rings.accept(Features.NONE);
    queue = rings.queue(0, SIZE, RingAreas.NONE, position -> { }, from -> {
      used.release();
      return false;
    });
    assertThat(Await.that(PATIENCE, rings::settled)).isTrue();
    rings.start();
  }

  @AfterEach
  void end() throws IOException {
    if (rings != null) {
      rings.stop(false);
      rings.close();
      socket.close();
      device.close();
    }
    control.shutdown();
    arena.close();
  }

  /** Tokens are told apart by identity. */
  private record Token(int number, int length) {}

  private Token ask(int number, int length) {
    long at = 2L * number * MOST;
    for (long i = 0; i < length; i++) {
      memory.segment().set(ValueLayout.JAVA_BYTE, at + i, (byte) (i * 13 + number));
    }
    Token token = new Token(number, length);
    assertThat(queue.add(new Chain(2).readable(memory, at, length).writable(memory, at + MOST, length), token)).isEqualTo(Added.OK);
    return token;
  }

  private void check(Token token) {
    int number = token.number();
    int length = token.length();
    assertThat(queue.written()).isEqualTo(length);
    MemorySegment answer = memory.segment().asSlice((2L * number + 1) * MOST, length);
    for (long i = 0; i < length; i++) {
      if (answer.get(ValueLayout.JAVA_BYTE, i) != (byte) ~(i * 13 + number)) {
        throw new AssertionError("byte " + i + " of " + length);
      }
    }
  }

  private Token next() throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Token token = (Token) queue.get();
      if (token != null) {
        return token;
      }
      if (queue.restart()) {
        assertThat(used.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)).as("called back").isTrue();
      }
    }
  }

  @Test
  @Shows({"F13", "F17"})
  void buffersOfAllSizesComeBackWholeAndOnceAndAResetIsConfirmed() throws Exception {
    connect("s0");
    Random random = new Random(1);
    for (int round = 0; round < 60; round++) {
      Set<Token> out = new HashSet<>();
      for (int number = 0; number < SIZE; number++) {
        int length = 1 + random.nextInt(round % 10 == 0 ? MOST : 5000);
        out.add(ask(number, length));
      }
      queue.sync();
      while (!out.isEmpty()) {
        Token token = next();
        check(token);
        assertThat(out.remove(token)).isTrue();
      }
    }
    assertThat(Await.that(PATIENCE, rings::reset)).isTrue();
    rings.stop(true);
    assertThat(queue.state()).isEqualTo(State.STOPPED);
    assertThat(device.end()).isZero();
  }

  @Test
  @Shows("F17")
  void aPeerThatIsKilledHasGoneAndAnotherServes() throws Exception {
    connect("s0");
    List<Token> out = new ArrayList<>();
    for (int number = 0; number < SIZE; number++) {
      out.add(ask(number, MOST));
    }
    queue.sync();
    Token first = next();
    check(first);
    device.close();
    assertThat(Await.that(PATIENCE, () -> queue.state() == State.BROKEN)).isTrue();
    assertThat(queue.broken()).isEqualTo(Violation.CHANNEL_GONE);
    assertThat(rings.reset()).as("gone is not reset").isFalse();
    rings.stop(false);
    assertThat(queue.state()).isEqualTo(State.QUARANTINED);
    for (Token token : out) {
      assertThat(queue.detach(token)).as("%s", token).isEqualTo(token != first);
      assertThat(queue.detach(token)).isFalse();
    }
    rings.close();
    socket.close();
    connect("s1");
    ask(3, 4096);
    queue.sync();
    check(next());
  }
}
