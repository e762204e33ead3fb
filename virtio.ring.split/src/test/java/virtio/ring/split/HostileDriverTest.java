package virtio.ring.split;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.bus.Violation.ADDRESS_NOT_GRANTED;
import static virtio.bus.Violation.AVAIL_INDEX;
import static virtio.bus.Violation.CHAIN_LOOPS;
import static virtio.bus.Violation.CHAIN_TOO_LONG;
import static virtio.bus.Violation.HEAD_RANGE;
import static virtio.bus.Violation.HEAD_TWICE;
import static virtio.bus.Violation.INDIRECT_IN_INDIRECT;
import static virtio.bus.Violation.INDIRECT_LENGTH;
import static virtio.bus.Violation.INDIRECT_NOT_ACCEPTED;
import static virtio.bus.Violation.INDIRECT_WITH_NEXT;
import static virtio.bus.Violation.NEXT_RANGE;
import static virtio.bus.Violation.PART_EMPTY;
import static virtio.bus.Violation.READABLE_AFTER_WRITABLE;
import static virtio.testkit.RawSplitRing.INDIRECT;
import static virtio.testkit.RawSplitRing.NEXT;
import static virtio.testkit.RawSplitRing.WRITE;
import static virtio.testkit.RawSplitRing.table;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import virtio.bus.Chain;
import virtio.bus.Features;
import virtio.bus.Queue.State;
import virtio.bus.Violation;
import virtio.testkit.Clause;
import virtio.testkit.RawSplitRing;
import virtio.testkit.RingEnds;
import virtio.testkit.RingPair;
import virtio.testkit.Trap;
import virtio.testkit.fake.FakeMemory;

/** The device's half against a driver that keeps no rule. */
class HostileDriverTest {
  private static final Features PLAIN = SplitRig.PLAIN;
  private static final Features TABLES = SplitRig.INDIRECT;
  private static final int END = 1 << 16;

  static Stream<Arguments> violations() {
    return Stream.of(
        violation("head past the queue", HEAD_RANGE, PLAIN, rig -> rig.raw.offer(0, 8)),
        violation("more offered than fit", AVAIL_INDEX, PLAIN, rig -> rig.raw.availIdx(9)),
        violation("an index that goes back", AVAIL_INDEX, PLAIN, rig -> rig.raw.availIdx(0xFFFF)),
        one("address never granted", ADDRESS_NOT_GRANTED, rig -> rig.raw.desc(0, 0x500, 4, 0, 0)),
        one("over the end of a region", ADDRESS_NOT_GRANTED, rig -> rig.raw.desc(0, rig.granted() + END - 4, 8, 0, 0)),
        one("a length of 2^32 - 1", ADDRESS_NOT_GRANTED, rig -> rig.raw.desc(0, rig.granted(), -1, 0, 0)),
        one("an address that wraps", ADDRESS_NOT_GRANTED, rig -> rig.raw.desc(0, -8, 16, 0, 0)),
        one("no bytes", PART_EMPTY, rig -> rig.raw.desc(0, rig.granted(), 0, 0, 0)),
        one("a loop through all", CHAIN_LOOPS, rig -> {
          for (int i = 0; i < 8; i++) {
            rig.raw.desc(i, rig.granted(), 4, NEXT, (i + 1) % 8);
          }
        }),
        one("a loop of one", CHAIN_LOOPS, rig -> rig.raw.desc(0, rig.granted(), 4, NEXT, 0)),
        one("a link past the table", NEXT_RANGE, rig -> rig.raw.desc(0, rig.granted(), 4, NEXT, 8)),
        one("readable after writable", READABLE_AFTER_WRITABLE, rig -> {
          rig.raw.desc(0, rig.granted(), 4, NEXT | WRITE, 1);
          rig.raw.desc(1, rig.granted(), 4, 0, 0);
        }),
        one("a table though none was accepted", INDIRECT_NOT_ACCEPTED, rig -> rig.raw.desc(0, rig.table.address(), 16, INDIRECT, 0)),
        indirect("table and link", INDIRECT_WITH_NEXT, rig -> rig.raw.desc(0, rig.table.address(), 16, INDIRECT | NEXT, 1)),
        indirect("table of no bytes", INDIRECT_LENGTH, rig -> rig.raw.desc(0, rig.table.address(), 0, INDIRECT, 0)),
        indirect("table of one and a half", INDIRECT_LENGTH, rig -> rig.raw.desc(0, rig.table.address(), 24, INDIRECT, 0)),
        indirect("table of 4 GiB", INDIRECT_LENGTH, rig -> rig.raw.desc(0, rig.table.address(), -16, INDIRECT, 0)),
        indirect("table nowhere", ADDRESS_NOT_GRANTED, rig -> rig.raw.desc(0, 0x500, 16, INDIRECT, 0)),
        indirect("a table in a table", INDIRECT_IN_INDIRECT, rig -> {
          table(rig.table, 0, rig.table.address(), 16, INDIRECT, 0);
          rig.raw.desc(0, rig.table.address(), 16, INDIRECT, 0);
        }),
        indirect("a loop in a table", CHAIN_LOOPS, rig -> {
          table(rig.table, 0, rig.granted(), 4, NEXT, 0);
          rig.raw.desc(0, rig.table.address(), 32, INDIRECT, 0);
        }),
        indirect("a link past a table", NEXT_RANGE, rig -> {
          table(rig.table, 0, rig.granted(), 4, NEXT, 2);
          rig.raw.desc(0, rig.table.address(), 32, INDIRECT, 0);
        }),
        indirect("longer than the queue through a table", CHAIN_TOO_LONG, rig -> {
          for (int i = 0; i < 9; i++) {
            table(rig.table, i, rig.granted(), 4, i < 8 ? NEXT : 0, i + 1);
          }
          rig.raw.desc(0, rig.table.address(), 9 * 16, INDIRECT, 0);
        }));
  }

  private static Arguments violation(String name, Violation expected, Features accepted, Consumer<SplitRig> evil) {
    return Arguments.of(name, expected, accepted, evil);
  }

  /** Descriptor 0 is offered. */
  private static Arguments one(String name, Violation expected, Consumer<SplitRig> evil) {
    return violation(name, expected, PLAIN, evil.andThen(rig -> rig.raw.offer(0, 0)));
  }

  private static Arguments indirect(String name, Violation expected, Consumer<SplitRig> evil) {
    return violation(name, expected, TABLES, evil.andThen(rig -> rig.raw.offer(0, 0)));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("violations")
  @Trap({"T07", "T08"})
  void breaksTheQueueByName(String name, Violation expected, Features accepted, Consumer<SplitRig> evil) {
    SplitRig rig = new SplitRig(8, accepted);
    evil.accept(rig);
    Chain chain = new Chain(16);
    assertThat(rig.pair.device().take(chain)).isFalse();
    assertThat(chain.parts()).as("nothing of it is shown").isZero();
    assertThat(rig.pair.device().broken()).isEqualTo(expected);
    assertThat(rig.pair.device().state()).isEqualTo(State.BROKEN);

    rig.raw.desc(1, rig.granted(), 4, 0, 0);
    rig.raw.offer(0, 1);
    assertThat(rig.pair.device().take(chain)).as("no second parse").isFalse();
    rig.pair.device().sync();
    assertThat(rig.raw.usedIdx()).as("nothing is used after it").isZero();
    assertThat(rig.deviceTold).as("told once").containsExactly(expected);
  }

  @Test
  @Trap("T08")
  void theSameHeadTwice() {
    SplitRig rig = new SplitRig(8, PLAIN);
    rig.raw.desc(0, rig.granted(), 4, 0, 0);
    rig.raw.offer(0, 0);
    rig.raw.offer(1, 0);
    Chain chain = new Chain(4);
    assertThat(rig.pair.device().take(chain)).isTrue();
    assertThat(rig.pair.device().take(chain)).isFalse();
    assertThat(rig.deviceTold).containsExactly(HEAD_TWICE);
  }

  @Test
  @Trap("T07")
  void anIndexThatGoesBackBehindWhatWasTaken() {
    SplitRig rig = new SplitRig(8, PLAIN);
    for (int i = 0; i < 4; i++) {
      rig.raw.desc(i, rig.granted(), 4, 0, 0);
      rig.raw.offer(i, i);
    }
    Chain chain = new Chain(4);
    for (int i = 0; i < 4; i++) {
      assertThat(rig.pair.device().take(chain)).isTrue();
    }
    rig.raw.availIdx(2);
    assertThat(rig.pair.device().take(chain)).isFalse();
    assertThat(rig.deviceTold).containsExactly(AVAIL_INDEX);
  }

  @Test
  @Trap("T08")
  void aChainLongerThanTheDeviceTakes() {
    SplitRig rig = new SplitRig(8, PLAIN);
    for (int i = 0; i < 5; i++) {
      rig.raw.desc(i, rig.granted(), 4, i < 4 ? NEXT : 0, i + 1);
    }
    rig.raw.offer(0, 0);
    assertThat(rig.pair.device().take(new Chain(4))).isFalse();
    assertThat(rig.deviceTold).containsExactly(CHAIN_TOO_LONG);
  }

  @Test
  @Trap("T09")
  @Clause("Indirect Descriptors")
  void directDescriptorsFollowedByOneTable() {
    SplitRig rig = new SplitRig(8, TABLES);
    rig.raw.desc(0, rig.granted(), 4, NEXT, 3);
    table(rig.table, 0, rig.granted() + 8, 5, NEXT, 1);
    table(rig.table, 1, rig.granted() + 16, 6, WRITE, 0);
    rig.raw.desc(3, rig.table.address(), 32, INDIRECT, 0);
    rig.raw.offer(0, 0);
    Chain chain = new Chain(8);
    assertThat(rig.pair.device().take(chain)).isTrue();
    assertThat(chain.parts()).isEqualTo(3);
    assertThat(chain.readableParts()).isEqualTo(2);
    assertThat(chain.length(1)).isEqualTo(5);
    assertThat(chain.writableBytes()).isEqualTo(6);
  }

  @Test
  @Clause("Indirect Descriptors")
  void theWriteFlagOfATableMeansNothing() {
    SplitRig rig = new SplitRig(8, TABLES);
    table(rig.table, 0, rig.granted(), 4, 0, 0);
    rig.raw.desc(0, rig.table.address(), 16, INDIRECT | WRITE, 0);
    rig.raw.offer(0, 0);
    Chain chain = new Chain(8);
    assertThat(rig.pair.device().take(chain)).isTrue();
    assertThat(chain.readableParts()).isOne();
  }

  @Test
  @Clause("The Virtqueue Descriptor Table")
  void theDeviceWritesToNoDescriptor() {
    SplitRig rig = new SplitRig(4, PLAIN);
    rig.pair.driver().add(rig.pair.chain(1, 1), "a");
    rig.pair.driver().sync();
    long[] before = {rig.raw.descAddr(0), rig.raw.descAddr(1), rig.raw.descLen(0), rig.raw.descFlags(0), rig.raw.descNext(0)};
    rig.pair.serve(64);
    long[] after = {rig.raw.descAddr(0), rig.raw.descAddr(1), rig.raw.descLen(0), rig.raw.descFlags(0), rig.raw.descNext(0)};
    assertThat(after).isEqualTo(before);
  }

  @Test
  @Clause("Device Initialization")
  void nothingIsTakenBeforeDriverOk() {
    RingEnds ends = RingEnds.sharing(new FakeMemory(false));
    try (RingPair pair = new RingPair(new SplitRing(), ends, PLAIN, 4, null, null)) {
      RawSplitRing raw = new RawSplitRing(pair.memory(), pair.areas(), 4);
      raw.desc(0, pair.buffers().address(), 4, 0, 0);
      raw.offer(0, 0);
      Chain chain = new Chain(4);
      assertThat(pair.device().take(chain)).isFalse();
      pair.start();
      assertThat(pair.device().take(chain)).isTrue();
      pair.stop(true);
    }
  }
}
