package virtio.driver.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import virtio.bus.Registration;
import virtio.bus.RingFormat;
import virtio.net.Frame;
import virtio.net.NetworkDevice;
import virtio.net.Sent;
import virtio.ring.socket.SocketRing;
import virtio.ring.split.SplitRing;
import virtio.testkit.Await;
import virtio.testkit.Shows;

/** A card that is bound again and again goes on each time, whatever its ring keeps of the former one. */
@Timeout(300)
class ReboundTest {
  private static final int ROUNDS = 100;
  private static final int FRAMES = 20;

  static Stream<Arguments> rings() {
    return Stream.of(Arguments.of("split", new SplitRing()), Arguments.of("socket", new SocketRing()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rings")
  @Shows("F05")
  void framesGoBothWaysAfterEachBinding(String format, RingFormat ring) {
    try (PathRig rig = new PathRig(format, ring).up()) {
      NetworkDevice a = rig.a.card();
      NetworkDevice b = rig.b.card();
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < FRAMES; i++) {
          carry(a, b, format + ", round " + round + ", frame " + i, 60 + 7 * i);
          carry(b, a, format + ", round " + round + ", frame back " + i, 60 + 7 * i);
        }
        PathRig.End end = round % 2 == 0 ? rig.a : rig.b;
        if (round % 4 < 2) {
          end.rebind();
        } else {
          end.exchange();
        }
      }
      assertThat(rig.a.card()).as("the same service all the time").isSameAs(a);
      assertThat(a.counters().malformed() + b.counters().malformed()).isZero();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rings")
  @Shows("F05")
  void framesGoOnWhenTheyWereUnderWay(String format, RingFormat ring) throws InterruptedException {
    try (PathRig rig = new PathRig(format, ring).up()) {
      NetworkDevice a = rig.a.card();
      NetworkDevice b = rig.b.card();
      AtomicLong there = new AtomicLong();
      AtomicLong back = new AtomicLong();
      Thread sender = Thread.ofPlatform().start(() -> {
        byte[] one = frame(a, b, 200);
        byte[] other = frame(b, a, 300);
        while (!Thread.currentThread().isInterrupted()) {
          a.send(one);
          b.send(other);
        }
      });
      try (Registration arrivals = b.receive(frame -> count(frame, there)); Registration answers = a.receive(frame -> count(frame, back))) {
        for (int round = 0; round < ROUNDS; round++) {
          long thereBefore = there.get();
          long backBefore = back.get();
          assertThat(Await.that(PathRig.LIMIT, () -> there.get() > thereBefore && back.get() > backBefore))
              .as("%s, round %d: %d there, %d back; %s, %s", format, round, there.get() - thereBefore, back.get() - backBefore,
                  rig.a.port.state(), rig.b.port.state()).isTrue();
          (round % 2 == 0 ? rig.a : rig.b).rebind();
        }
      } finally {
        sender.interrupt();
        sender.join();
      }
    }
  }

  private static void count(Frame frame, AtomicLong count) {
    frame.release();
    count.incrementAndGet();
  }

  private static byte[] frame(NetworkDevice from, NetworkDevice to, int length) {
    byte[] frame = new byte[length];
    for (int i = 0; i < 6; i++) {
      frame[i] = (byte) to.mac().octet(i);
      frame[6 + i] = (byte) from.mac().octet(i);
    }
    return frame;
  }

  /** One that comes late, of a former binding, is not what is waited for. */
  private static void carry(NetworkDevice from, NetworkDevice to, String what, int length) {
    byte[] frame = frame(from, to, length);
    assertThat(Await.that(PathRig.LIMIT, () -> from.send(frame) == Sent.ACCEPTED)).as(what + " is sent").isTrue();
    byte[] into = new byte[2000];
    assertThat(Await.that(PathRig.LIMIT, () -> to.receive(MemorySegment.ofArray(into)) == length)).as(what + " comes").isTrue();
  }
}
