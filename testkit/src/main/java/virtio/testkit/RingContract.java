package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.Queue;
import virtio.bus.Queue.State;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Virtqueue;
import virtio.bus.Virtqueue.Added;
import virtio.testkit.fake.FakeMemory;

/**
 * What every ring does, with both its halves: the five operations in each state, order, directions and lengths, and what becomes of
 * memory. A brick extends it in a few lines; callbacks are in {@link RingCallbackContract}, which this extends.
 */
public abstract class RingContract extends RingCallbackContract {
  @Test
  @Shows("F16")
  void nothingIsSeenBeforeSync() {
    RingPair pair = live(8);
    pair.add("a");
    pair.settle();
    assertThat(pair.serve(0)).isZero();
    pair.driver().sync();
    pair.settle();
    assertThat(pair.serve(0)).isOne();
  }

  @Test
  @Shows({"F16", "F13"})
  void oneSyncPublishesAllThatWasAdded() {
    RingPair pair = live(8);
    for (int i = 0; i < 5; i++) {
      assertThat(pair.add(i)).isEqualTo(Added.OK);
    }
    pair.driver().sync();
    pair.settle();
    assertThat(pair.serve(1)).isEqualTo(5);
    pair.settle();
    assertThat(pair.drain()).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  @Shows({"F18", "F03"})
  void everyShapeOfChainArrivesWithItsDirectionsAndLengths() {
    RingPair pair = live(16);
    for (int out = 0; out <= 3; out++) {
      for (int in = 0; in <= 3; in++) {
        Chain sent = pair.chain(out, in);
        if (out + in == 0) {
          assertThatThrownBy(() -> pair.driver().add(sent, "none")).isInstanceOf(IllegalArgumentException.class);
          continue;
        }
        String token = out + "+" + in;
        fill(pair.buffers(), 64 * out);
        assertThat(pair.driver().add(sent, token)).isEqualTo(Added.OK);
        pair.driver().sync();
        pair.settle();
        Chain seen = new Chain(16);
        assertThat(pair.device().take(seen)).isTrue();
        if (keepsParts()) {
          assertThat(seen.parts()).isEqualTo(out + in);
          assertThat(seen.readableParts()).isEqualTo(out);
        }
        assertThat(seen.readableBytes()).isEqualTo(64L * out);
        assertThat(seen.writableBytes()).isEqualTo(64L * in);
        MemorySegment copy = MemorySegment.ofArray(new byte[192]);
        assertThat(seen.read(0, copy, 0, 192)).isEqualTo(64L * out);
        for (int i = 0; i < 64 * out; i++) {
          assertThat(copy.get(ValueLayout.JAVA_BYTE, i)).isEqualTo((byte) (i * 7));
        }
        MemorySegment answer = MemorySegment.ofArray("answer of the device".getBytes());
        long answered = seen.write(0, answer, 0, Math.min(answer.byteSize(), 64L * in));
        pair.device().push(seen);
        pair.device().sync();
        pair.settle();
        assertThat(pair.driver().get()).isSameAs(token);
        assertThat(pair.driver().written()).isEqualTo(answered);
        assertThat(pair.buffers().segment().asSlice(64L * out, answered).mismatch(answer.asSlice(0, answered))).isEqualTo(-1);
      }
    }
    assertThat(pair.driver().get()).isNull();
  }

  @Test
  @Shows("F21")
  void writtenIsWhatTheDeviceWroteFromTheStart() {
    RingPair pair = live(8);
    for (int bytes : new int[] {0, 1, 63, 64, 65, 127, 128}) {
      pair.driver().add(pair.chain(1, 2), bytes);
      pair.driver().sync();
      pair.settle();
      pair.serve(bytes);
      pair.settle();
      assertThat(pair.driver().get()).isEqualTo(bytes);
      assertThat(pair.driver().written()).isEqualTo(bytes);
    }
  }

  @Test
  @Shows("F21")
  void bytesBehindAGapAreNotCounted() {
    RingPair pair = live(8);
    pair.driver().add(pair.chain(0, 2), "a");
    pair.driver().sync();
    pair.settle();
    Chain seen = new Chain(8);
    assertThat(pair.device().take(seen)).isTrue();
    seen.wrote(127, 1);
    pair.device().push(seen);
    pair.device().sync();
    pair.settle();
    assertThat(pair.driver().get()).isEqualTo("a");
    assertThat(pair.driver().written()).isZero();
  }

  @Test
  @Shows("F19")
  void tokensComeBackByIdentityAndNullIsRefused() {
    RingPair pair = live(8);
    String one = new String("same");
    String other = new String("same");
    assertThatThrownBy(() -> pair.add(null)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("token=null");
    pair.add(one);
    pair.add(other);
    assertThat(pair.driver().detach(new String("same"))).isFalse();
    pair.driver().sync();
    pair.settle();
    pair.serve(0);
    pair.settle();
    assertThat(pair.driver().get()).isSameAs(one);
    assertThat(pair.driver().get()).isSameAs(other);
  }

  @Test
  @Shows("F20")
  void fullAndTooLongAreToldApartAndChangeNothing() {
    RingPair pair = live(4);
    assertThat(pair.driver().add(pair.chain(2, 3), "long")).isEqualTo(Added.TOO_LONG);
    for (int i = 0; i < 4; i++) {
      assertThat(pair.add(i)).isEqualTo(Added.OK);
    }
    assertThat(pair.add("more")).isEqualTo(Added.FULL);
    assertThat(pair.driver().detach("more")).isFalse();
    pair.driver().sync();
    pair.settle();
    assertThat(pair.serve(0)).isEqualTo(4);
    pair.settle();
    assertThat(pair.drain()).containsExactly(0, 1, 2, 3);
    assertThat(pair.add("now")).isEqualTo(Added.OK);
  }

  @Test
  @Shows({"F20", "F16"})
  void aBrokenQueueRefusesEverythingUntilReset() {
    RingPair pair = live(8);
    pair.add("a");
    pair.driver().sync();
    pair.settle();
    breakDriver(pair);
    assertThat(pair.driver().get()).isNull();
    assertThat(pair.driver().state()).isEqualTo(State.BROKEN);
    assertThat(pair.driver().broken()).isNotNull();
    assertThat(pair.add("b")).isEqualTo(Added.BROKEN);
    assertThat(pair.driver().get()).isNull();
    assertThat(pair.driver().detach("a")).isFalse();
    assertThat(pair.driver().restart()).isFalse();
    int rung = pair.doorbell().count();
    pair.driver().sync();
    assertThat(pair.doorbell().count()).isEqualTo(rung);
    pair.stop(true);
    assertThat(pair.driver().detach("a")).isTrue();
    assertThat(pair.driver().detach("a")).isFalse();
  }

  @Test
  @Shows("F17")
  void anUnsyncedBufferIsTakenBackInAnyOrder() {
    RingPair pair = live(8);
    for (String token : List.of("a", "b", "c", "d")) {
      pair.driver().add(pair.chain(1, 1), token);
    }
    assertThat(pair.driver().detach("b")).isTrue();
    assertThat(pair.driver().detach("d")).isTrue();
    assertThat(pair.driver().detach("d")).isFalse();
    assertThat(pair.driver().detach("never")).isFalse();
    pair.driver().add(pair.chain(0, 1), "e");
    pair.driver().sync();
    pair.settle();
    pair.serve(0);
    pair.settle();
    assertThat(pair.drain()).containsExactly("a", "c", "e");
  }

  @Test
  @Shows("F17")
  void aSyncedBufferOfALiveQueue() {
    RingPair pair = live(8);
    pair.add("a");
    pair.driver().sync();
    pair.settle();
    if (detachesLive()) {
      assertThat(pair.driver().detach("a")).isTrue();
      assertThat(pair.driver().detach("a")).isFalse();
    } else {
      assertThat(pair.driver().detach("a")).isFalse();
      pair.serve(0);
      pair.settle();
      assertThat(pair.drain()).containsExactly("a");
    }
  }

  @Test
  @Shows("F17")
  void afterResetEachTokenComesBackExactlyOnce() {
    for (boolean confirmed : new boolean[] {true, false}) {
      RingPair pair = live(16);
      for (int i = 0; i < 6; i++) {
        assertThat(pair.driver().add(pair.chain(i % 2, 1), i)).isEqualTo(Added.OK);
        if (i != 5) {
          pair.driver().sync();
        }
      }
      pair.settle();
      Chain chain = new Chain(8);
      for (int i = 0; i < 3; i++) {
        assertThat(pair.device().take(chain)).isTrue();
        if (i != 1) {
          pair.device().push(chain);
        }
      }
      pair.device().sync();
      pair.settle();
      List<Object> back = new ArrayList<>();
      back.add(pair.driver().get());
      pair.stop(confirmed);
      assertThat(pair.driver().state()).isEqualTo(confirmed ? State.STOPPED : State.QUARANTINED);
      assertThat(pair.driver().get()).isNull();
      assertThat(pair.add("late")).isEqualTo(Added.STOPPED);
      assertThat(pair.driver().restart()).isFalse();
      for (int i = 0; i < 6; i++) {
        if (pair.driver().detach(i)) {
          back.add(i);
        }
        assertThat(pair.driver().detach(i)).isFalse();
      }
      assertThat(back).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
      assertThat(pair.device().take(chain)).isFalse();
    }
  }

  @Test
  void aQueueThatIsNewPublishesAndWaits() {
    RingPair pair = fresh(8, null, null);
    assertThat(pair.driver().state()).isEqualTo(State.NEW);
    assertThat(pair.add("a")).isEqualTo(Added.OK);
    assertThat(pair.driver().detach("a")).isTrue();
    assertThat(pair.driver().get()).isNull();
    assertThat(pair.driver().restart()).isTrue();
  }

  @Test
  void onlyAChainThatWasTakenIsPushedAndOnlyOnce() {
    RingPair pair = live(8);
    assertThatThrownBy(() -> pair.device().push(new Chain(4))).isInstanceOf(IllegalArgumentException.class);
    pair.add("a");
    pair.driver().sync();
    pair.settle();
    Chain chain = new Chain(8);
    assertThat(pair.device().take(chain)).isTrue();
    pair.device().push(chain);
    assertThatThrownBy(() -> pair.device().push(chain)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @Shows("F18")
  void aChainMayBeReusedAtOnce() {
    RingPair pair = live(8);
    Chain chain = new Chain(4);
    pair.driver().add(chain.clear().writable(pair.buffers(), 0, 10), "a");
    pair.driver().add(chain.clear().writable(pair.buffers(), 100, 20), "b");
    chain.clear();
    pair.driver().sync();
    pair.settle();
    Chain seen = new Chain(4);
    assertThat(pair.device().take(seen)).isTrue();
    assertThat(seen.writableBytes()).isEqualTo(10);
    assertThat(pair.device().take(seen)).isTrue();
    assertThat(seen.writableBytes()).isEqualTo(20);
  }

  @Test
  void chainsArePushedInAnyOrder() {
    RingPair pair = live(8);
    for (int i = 0; i < 4; i++) {
      pair.add(i);
    }
    pair.driver().sync();
    pair.settle();
    Chain[] chains = {new Chain(2), new Chain(2), new Chain(2), new Chain(2)};
    for (Chain chain : chains) {
      assertThat(pair.device().take(chain)).isTrue();
    }
    for (int i : new int[] {2, 0, 3, 1}) {
      pair.device().push(chains[i]);
    }
    pair.device().sync();
    pair.settle();
    assertThat(pair.drain()).containsExactly(2, 0, 3, 1);
  }

  @Test
  @Trap("T01")
  void seventyThousandBuffersPassTheWrapOfEveryIndex() {
    for (int size : new int[] {2, 4, 256}) {
      RingPair pair = live(size);
      Chain one = pair.chain(0, 1);
      Chain two = pair.chain(1, 1);
      long added = 0;
      long got = 0;
      while (got < 70_000) {
        for (int i = 0; i <= (added & 3); i++) {
          if (pair.driver().add((added & 1) == 0 ? one : two, added) == Added.OK) {
            added++;
          }
        }
        pair.driver().sync();
        pair.settle();
        pair.serve(1);
        pair.settle();
        for (Object token = pair.driver().get(); token != null; token = pair.driver().get()) {
          assertThat(token).isEqualTo(got++);
        }
        assertThat(got).as("stalled, size=%d", size).isEqualTo(added);
      }
      assertThat(pair.driver().broken()).isNull();
      assertThat(pair.device().broken()).isNull();
      Queue.Counters counters = pair.driver().counters();
      assertThat(counters.published()).isEqualTo(added);
      assertThat(counters.taken()).isEqualTo(got);
    }
  }

  @Test
  void memoryIsFreedAfterAConfirmedResetAndSetAsideAfterAnyOther() {
    for (boolean confirmed : new boolean[] {true, false}) {
      RingPair pair = live(8);
      int mine = 1;   // the buffers
      int ring = pair.memory().live() - mine;
      pair.stop(confirmed);
      assertThat(pair.memory().live() - mine).isEqualTo(ring);
      pair.close();
      assertThat(pair.memory().live() - mine).isZero();
      assertThat(pair.memory().quarantined() > 0).isEqualTo(!confirmed && ring > 0);
    }
  }

  @Test
  void runningOutOfMemoryGivesNoQueueAndLeavesNothing() {
    FakeMemory memory = new FakeMemory(false);
    RingEnds ends = ends(memory);
    for (long room = 0; room < 20_000; room += 1000) {
      memory.room(room);
      RingFormat.Rings<Virtqueue> rings = format().driver(ends.driver(), Runnable::run);
      rings.accept(accepted());
      Virtqueue queue = rings.queue(0, 16, RingAreas.NONE, position -> {}, null);
      if (queue == null) {
        assertThat(memory.live()).isZero();
      }
      rings.stop(true);
      rings.close();
      assertThat(memory.live()).isZero();
    }
  }

  private static void fill(DmaMemory buffers, int bytes) {
    for (int i = 0; i < bytes; i++) {
      buffers.segment().set(ValueLayout.JAVA_BYTE, i, (byte) (i * 7));
    }
  }
}
