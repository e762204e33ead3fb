package virtio.ring.split;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import virtio.testkit.Clause;
import virtio.testkit.RingPair;
import virtio.testkit.Trap;

/** When each half signals the other, by event index and by flags, at the wrap too. */
class EventIndexTest {
  @Test
  @Trap("T02")
  @Clause({"Available Buffer Notification Suppression", "Notifying The Device"})
  void theDoorbellRingsExactlyWhenTheEventWasPassed() {
    for (int start : new int[] {0, 65488}) {
      SplitRig rig = at(start);
      for (int batch = 1; batch <= 4; batch++) {
        for (int ahead = -3; ahead <= batch + 3; ahead++) {
          int before = rig.raw.availIdx();
          rig.raw.availEvent(before + ahead);
          int rung = rig.pair.doorbell().count();
          for (int i = 0; i < batch; i++) {
            rig.pair.add(i);
          }
          rig.pair.driver().sync();
          boolean expected = ahead >= 0 && ahead < batch;
          assertThat(rig.pair.doorbell().count() - rung).as("start=%d batch=%d ahead=%d", before, batch, ahead).isEqualTo(expected ? 1 : 0);
          rig.pair.serve(0);
          rig.pair.drain();
        }
      }
    }
  }

  @Test
  @Trap("T02")
  @Clause("Used Buffer Notification Suppression")
  void theInterruptComesExactlyWhenTheEventWasPassed() {
    for (int start : new int[] {0, 65488}) {
      SplitRig rig = at(start);
      for (int batch = 1; batch <= 4; batch++) {
        for (int ahead = -3; ahead <= batch + 3; ahead++) {
          for (int i = 0; i < batch; i++) {
            rig.pair.add(i);
          }
          rig.pair.driver().sync();
          rig.raw.usedEvent(rig.raw.usedIdx() + ahead);
          int interrupted = rig.pair.interrupt().count();
          rig.pair.serve(0);
          boolean expected = ahead >= 0 && ahead < batch;
          assertThat(rig.pair.interrupt().count() - interrupted).as("start=%d batch=%d ahead=%d", start, batch, ahead)
              .isEqualTo(expected ? 1 : 0);
          rig.pair.drain();
        }
      }
    }
  }

  @Test
  @Trap("T02")
  void theDecisionCountsFromTheLastDecisionNotFromTheLastDoorbell() {
    SplitRig rig = new SplitRig(8, SplitRig.EVENT_IDX);
    rig.raw.availEvent(5);
    for (int i = 0; i < 8; i++) {
      rig.pair.add(i);
      rig.pair.driver().sync();
      assertThat(rig.pair.doorbell().count()).as("after buffer %d", i).isEqualTo(i < 5 ? 0 : 1);
    }
  }

  @Test
  @Clause({"Used Buffer Notification Suppression", "Available Buffer Notification Suppression"})
  void withoutEventIndexFlagsDecideAndEventsAreIgnored() {
    SplitRig rig = new SplitRig(8, SplitRig.PLAIN);
    rig.raw.availEvent(0x7000);
    rig.raw.usedEvent(0x7000);
    exchange(rig.pair);
    assertThat(rig.pair.doorbell().count()).isOne();
    assertThat(rig.pair.interrupt().count()).isOne();
    rig.raw.availFlags(1);
    rig.raw.usedFlags(1);
    exchange(rig.pair);
    assertThat(rig.pair.doorbell().count()).isOne();
    assertThat(rig.pair.interrupt().count()).isOne();
  }

  @Test
  @Clause({"Used Buffer Notification Suppression", "Available Buffer Notification Suppression"})
  void withEventIndexFlagsAreIgnored() {
    SplitRig rig = new SplitRig(8, SplitRig.EVENT_IDX);
    rig.raw.availFlags(1);
    rig.raw.usedFlags(1);
    exchange(rig.pair);
    assertThat(rig.pair.doorbell().count()).isOne();
    assertThat(rig.pair.interrupt().count()).isOne();
  }

  @Test
  @Clause({"Used Buffer Notification Suppression", "Available Buffer Notification Suppression"})
  void eachHalfWritesItsOwnWishAndNothingElse() {
    SplitRig flags = new SplitRig(8, SplitRig.PLAIN);
    flags.pair.driver().restart();
    flags.pair.device().restart();
    assertThat(flags.raw.availFlags()).isZero();
    assertThat(flags.raw.usedFlags()).isZero();
    exchange(flags.pair);
    assertThat(flags.pair.driver().restart()).as("one is pending").isFalse();
    assertThat(flags.raw.availFlags()).isOne();

    SplitRig events = new SplitRig(8, SplitRig.EVENT_IDX);
    exchange(events.pair);
    assertThat(events.pair.driver().restart()).isFalse();
    assertThat(events.raw.availFlags()).as("MUST be 0 with event index").isZero();
    assertThat(events.raw.usedFlags()).as("MUST be 0 with event index").isZero();
    assertThat(events.raw.usedEvent()).as("as far as can be").isEqualTo(0xFFFF);
    events.pair.drain();
    assertThat(events.pair.driver().restart()).isTrue();
    assertThat(events.raw.usedEvent()).isOne();
    assertThat(events.pair.device().restart()).isTrue();
    assertThat(events.raw.availEvent()).isOne();
  }

  private static void exchange(RingPair pair) {
    pair.add("x");
    pair.driver().sync();
    pair.serve(0);
  }

  /** A pair whose indices stand there. */
  private static SplitRig at(int index) {
    SplitRig rig = new SplitRig(16, SplitRig.EVENT_IDX);
    for (int done = 0; done < index; done += 16) {
      for (int i = 1; i < 16; i++) {
        rig.pair.add("x");
      }
      rig.pair.add("x");
      rig.pair.driver().sync();
      rig.pair.serve(0);
      rig.pair.drain();
    }
    return rig;
  }
}
