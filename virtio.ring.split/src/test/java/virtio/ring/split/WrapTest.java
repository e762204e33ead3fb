package virtio.ring.split;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import virtio.testkit.Clause;
import virtio.testkit.Trap;

/** The arithmetic of indices, over all 65,536 of them. */
class WrapTest {
  private static final int ALL = 1 << 16;

  @Test
  void everyIndexHasOneNextAndOnePrevious() {
    for (int i = 0; i < ALL; i++) {
      assertThat(Wrap.next(i)).isEqualTo((i + 1) % ALL);
      assertThat(Wrap.previous(Wrap.next(i))).isEqualTo(i);
      assertThat(Wrap.u16(i + 7 * ALL)).isEqualTo(i);
      assertThat(Wrap.u16(i - 3 * ALL)).isEqualTo(i);
    }
  }

  @Test
  void distanceCountsTheStepsForward() {
    for (int from = 0; from < ALL; from++) {
      for (int steps : new int[] {0, 1, 2, 255, 256, 32767, 32768, 65535}) {
        if (Wrap.distance(from, (from + steps) % ALL) != steps) {
          throw new AssertionError("from=" + from + " steps=" + steps);
        }
      }
    }
  }

  /** Against the plain meaning: was the entry {@code event} written among those from {@code decided} up to {@code now}? */
  @Test
  @Trap("T02")
  @Clause({"Used Buffer Notification Suppression", "Available Buffer Notification Suppression"})
  void passedMeansWrittenSinceTheLastDecision() {
    for (int event = 0; event < ALL; event++) {
      for (int written : new int[] {0, 1, 2, 3, 255, 256}) {
        for (int ahead = -3; ahead <= written + 3; ahead++) {
          int decided = Wrap.u16(event - ahead);
          int now = Wrap.u16(decided + written);
          boolean expected = ahead >= 0 && ahead < written;
          if (Wrap.passed(event, now, decided) != expected) {
            throw new AssertionError("event=" + event + " now=" + now + " decided=" + decided + " expected=" + expected);
          }
        }
      }
    }
  }
}
