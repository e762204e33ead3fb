package virtio.ring.split;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.bus.Violation.USED_ID_FREE;
import static virtio.bus.Violation.USED_ID_NOT_HEAD;
import static virtio.bus.Violation.USED_ID_NOT_SYNCED;
import static virtio.bus.Violation.USED_ID_RANGE;
import static virtio.bus.Violation.USED_ID_TWICE;
import static virtio.bus.Violation.USED_INDEX;
import static virtio.bus.Violation.USED_LEN;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.Queue.State;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;
import virtio.bus.Virtqueue.Added;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** The driver's half against a device that keeps no rule: each violation has its name, is told once, and stays. */
class HostileDeviceTest {
  /** With "a" out on descriptor 0 and "b" on 1 and 2. */
  static Stream<Arguments> violations() {
    return Stream.of(
        violation("id past the queue", USED_ID_RANGE, rig -> rig.raw.use(0, 8, 0)),
        violation("id of 2^32 - 1", USED_ID_RANGE, rig -> rig.raw.use(0, -1, 0)),
        violation("id never offered", USED_ID_FREE, rig -> rig.raw.use(0, 5, 0)),
        violation("id inside a chain", USED_ID_NOT_HEAD, rig -> rig.raw.use(0, 2, 0)),
        violation("one byte too many", USED_LEN, rig -> rig.raw.use(0, 0, 65)),
        violation("a length of 2^32 - 1", USED_LEN, rig -> rig.raw.use(0, 0, -1)),
        violation("more used than out", USED_INDEX, rig -> rig.raw.usedIdx(3)),
        violation("an index that goes back", USED_INDEX, rig -> rig.raw.usedIdx(0xFFFF)));
  }

  private static Arguments violation(String name, Violation expected, Consumer<SplitRig> evil) {
    return Arguments.of(name, expected, evil);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("violations")
  @Trap({"T06", "T07"})
  @Shows({"F20", "F21"})
  void breaksTheQueueByName(String name, Violation expected, Consumer<SplitRig> evil) {
    SplitRig rig = new SplitRig(8, SplitRig.PLAIN);
    SplitRig other = new SplitRig(8, SplitRig.PLAIN);
    Virtqueue queue = rig.pair.driver();
    queue.add(rig.pair.chain(0, 1), "a");
    queue.add(rig.pair.chain(0, 2), "b");
    queue.sync();
    evil.accept(rig);
    assertThat(rig.pair.drain()).isEmpty();
    assertThat(queue.broken()).isEqualTo(expected);
    assertThat(queue.state()).isEqualTo(State.BROKEN);

    rig.raw.use(0, 0, 0);
    assertThat(queue.get()).as("sticky").isNull();
    assertThat(queue.add(rig.pair.chain(0, 1), "c")).isEqualTo(Added.BROKEN);
    assertThat(queue.detach("a")).isFalse();
    assertThat(queue.restart()).isFalse();
    assertThat(rig.driverTold).as("told once").containsExactly(expected);

    other.pair.add("x");
    other.pair.driver().sync();
    other.pair.serve(0);
    assertThat(other.pair.drain()).as("other queues go on").containsExactly("x");

    rig.pair.stop(true);
    assertThat(queue.detach("a")).isTrue();
    assertThat(queue.detach("b")).isTrue();
    assertThat(queue.detach("b")).isFalse();
    assertThat(queue.broken()).as("the cause outlives the reset").isEqualTo(expected);
  }

  @Test
  @Trap("T06")
  void theSameHeadTwice() {
    SplitRig rig = new SplitRig(8, SplitRig.PLAIN);
    rig.pair.add("a");
    rig.pair.driver().add(rig.pair.chain(0, 2), "b");
    rig.pair.driver().sync();
    rig.raw.use(0, 0, 1);
    assertThat(rig.pair.driver().get()).isEqualTo("a");
    rig.raw.use(1, 0, 1);
    assertThat(rig.pair.driver().get()).isNull();
    assertThat(rig.driverTold).containsExactly(USED_ID_TWICE);
  }

  @Test
  @Trap("T06")
  void aHeadThatWasNotSynced() {
    SplitRig rig = new SplitRig(8, SplitRig.PLAIN);
    rig.pair.add("a");
    rig.pair.driver().sync();
    rig.pair.add("b");
    rig.raw.use(0, 1, 1);
    assertThat(rig.pair.driver().get()).isNull();
    assertThat(rig.driverTold).containsExactly(USED_ID_NOT_SYNCED);
  }

  @Test
  void descriptorsThatTheDeviceRewritesAreNotBelieved() {
    SplitRig rig = new SplitRig(4, SplitRig.PLAIN);
    for (int round = 0; round < 20; round++) {
      rig.pair.driver().add(rig.pair.chain(1, 2), round);
      rig.pair.driver().sync();
      int head = rig.raw.availRing(round);
      for (int i = 0; i < 4; i++) {
        rig.raw.desc(i, -1, -1, 7, i);
      }
      rig.raw.use(round, head, 128);
      assertThat(rig.pair.driver().get()).isEqualTo(round);
      assertThat(rig.pair.driver().written()).isEqualTo(128);
    }
  }

  /** Not hostile at all: a device that takes its time with one buffer, and sees more of the others than the queue is long, or the index counts. */
  @ParameterizedTest
  @ValueSource(ints = {10, 65_533, 65_534, 65_535, 65_536, 140_000})
  @Trap("T01")
  @Shows("F21")
  void aBufferMayStayOutForAnyNumberOfOthers(int others) {
    SplitRig rig = new SplitRig(4, SplitRig.EVENT_IDX);
    Virtqueue queue = rig.pair.driver();
    assertThat(queue.add(rig.pair.chain(0, 1), "slow")).isEqualTo(Added.OK);
    queue.sync();
    int slow = rig.raw.availRing(0);
    int used = 0;
    for (int i = 1; i <= others; i++) {
      assertThat(queue.add(rig.pair.chain(0, 1), "quick")).isEqualTo(Added.OK);
      queue.sync();
      rig.raw.use(used++, rig.raw.availRing(i), 1);
      assertThat(queue.get()).isEqualTo("quick");
    }
    assertThat(queue.add(rig.pair.chain(0, 1), "pending")).isEqualTo(Added.OK);
    rig.raw.use(used, slow, 1);
    assertThat(queue.get()).isEqualTo("slow");
    assertThat(queue.broken()).isNull();
    assertThat(queue.detach("pending")).isTrue();
  }
}
