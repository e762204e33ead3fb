package virtio.ring.split;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.Violation;
import virtio.bus.Virtqueue.Added;
import virtio.bus.spec.FeatureBits;
import virtio.testkit.RawSplitRing;
import virtio.testkit.Trap;

/**
 * While an operation runs, another thread rewrites everything that the peer may write. What comes out is a buffer or a named violation;
 * never an exception, never an address outside, never an endless loop. Bounded by rounds; a hang is the build's time-out.
 */
class MadPeerTest {
  private static final int ROUNDS = 300;
  /** Where processors are busy a peer is seldom mad at the right moment. */
  private static final int MOST_ROUNDS = 6000;
  private static final int KINDS = 3;
  private static final int STEPS = 400;
  private static final int SIZE = 8;

  @Test
  @Trap("T11")
  void aDriverThatRewritesItsRingsAllTheTime() throws InterruptedException {
    Set<Violation> met = EnumSet.noneOf(Violation.class);
    int taken = 0;
    for (int round = 0; round < ROUNDS || met.size() <= KINDS && round < MOST_ROUNDS; round++) {
      SplitRig rig = new SplitRig(SIZE, SplitRig.INDIRECT.with(FeatureBits.VIRTIO_F_EVENT_IDX));
      SplittableRandom random = new SplittableRandom(round);
      AtomicBoolean over = new AtomicBoolean();
      Thread mad = Thread.ofPlatform().start(() -> {
        while (!over.get()) {
          rewrite(rig, random);
        }
      });
      try {
        Chain chain = new Chain(4);
        for (int step = 0; step < STEPS && rig.pair.device().broken() == null; step++) {
          while (rig.pair.device().take(chain)) {
            taken++;
            for (int i = 0; i < chain.parts(); i++) {
              assertThat(rig.pair.memory().adopt(chain.address(i), chain.length(i))).isNotNull();
            }
            chain.wrote(0, chain.writableBytes());
            rig.pair.device().push(chain);
          }
          rig.pair.device().sync();
          rig.pair.device().restart();
        }
      } finally {
        over.set(true);
        mad.join();
      }
      assertThat(rig.deviceTold.size()).isLessThanOrEqualTo(1);
      met.addAll(rig.deviceTold);
    }
    assertThat(taken).isPositive();
    assertThat(met.size()).as("%s", met).isGreaterThan(KINDS);
  }

  /** Plausible more often than not, so that some of it gets far. */
  private static void rewrite(SplitRig rig, SplittableRandom random) {
    long address = random.nextInt(8) == 0 ? random.nextLong() : rig.granted() + random.nextInt(1 << 15);
    int flags = random.nextInt(4) == 0 ? random.nextInt(8) : RawSplitRing.WRITE;
    int length = random.nextInt(8) == 0 ? random.nextInt() : 1 + random.nextInt(64);
    int at = random.nextInt(SIZE);
    boolean table = (flags & RawSplitRing.INDIRECT) != 0;
    rig.raw.desc(at, table ? rig.table.address() : address, table ? 16 * random.nextInt(5) : length, flags, random.nextInt(SIZE + 1));
    RawSplitRing.table(rig.table, random.nextInt(4), address, length, flags, random.nextInt(4));
    int idx = rig.raw.usedIdx();
    rig.raw.offer(idx + random.nextInt(3), random.nextInt(40) == 0 ? random.nextInt(1 << 16) : at);
  }

  @Test
  @Trap("T11")
  void aDeviceThatRewritesItsRingAllTheTime() throws InterruptedException {
    Set<Violation> met = EnumSet.noneOf(Violation.class);
    int got = 0;
    for (int round = 0; round < ROUNDS || met.size() < KINDS && round < MOST_ROUNDS; round++) {
      SplitRig rig = new SplitRig(SIZE, SplitRig.EVENT_IDX);
      SplittableRandom random = new SplittableRandom(round);
      AtomicBoolean over = new AtomicBoolean();
      Thread mad = Thread.ofPlatform().start(() -> {
        while (!over.get()) {
          int idx = rig.raw.usedIdx();
          int jump = idx == rig.raw.availIdx() ? -1 : 0;
          rig.raw.use(random.nextInt(100) == 0 ? random.nextInt(1 << 16) : idx + jump, random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(SIZE),
              random.nextInt(20) == 0 ? random.nextInt() : random.nextInt(65));
          rig.raw.desc(random.nextInt(SIZE), random.nextLong(), random.nextInt(), random.nextInt(8), random.nextInt(1 << 16));
          rig.raw.availEvent(random.nextInt(1 << 16));
        }
      });
      Object token = new Object();
      int out = 0;
      try {
        for (int step = 0; step < STEPS && rig.pair.driver().broken() == null; step++) {
          while (rig.pair.driver().add(rig.pair.chain(step % 2, 1), token) == Added.OK) {
            out++;
          }
          rig.pair.driver().sync();
          while (rig.pair.driver().get() != null) {
            assertThat(rig.pair.driver().written()).isBetween(0L, 64L);
            out--;
            got++;
          }
          rig.pair.driver().restart();
        }
      } finally {
        over.set(true);
        mad.join();
      }
      assertThat(rig.driverTold.size()).isLessThanOrEqualTo(1);
      met.addAll(rig.driverTold);
      rig.pair.stop(true);
      while (rig.pair.driver().detach(token)) {
        out--;
      }
      assertThat(out).as("each token exactly once").isZero();
    }
    assertThat(got).isPositive();
    assertThat(met.size()).as("%s", met).isGreaterThanOrEqualTo(KINDS);
  }
}
