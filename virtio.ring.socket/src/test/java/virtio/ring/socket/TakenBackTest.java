package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import virtio.testkit.Shows;

/**
 * Buffers that the driver has taken back before the model came to them are answered for when the model passes them, on its own stack:
 * nobody else moves anything, and the driver may have no slot but theirs.
 */
class TakenBackTest {
  private final DeviceRig rig = DeviceRig.live();

  private void detach(int slot) {
    rig.driver.send(FrameType.DETACH, 0, frame -> {
      frame.slot = slot;
      frame.generation = 1;
    });
  }

  @Test
  @Shows("F17")
  void onesBeforeABufferThatIsTaken() {
    for (int slot = 0; slot < DeviceRig.SLOTS; slot++) {
      rig.add(slot, 1, 8);
    }
    detach(0);
    detach(1);
    rig.tasks.runAll();
    assertThat(rig.driver.read()).as("the model may still come to them").isEmpty();
    assertThat(rig.queue.take(rig.chain)).isTrue();
    assertThat(rig.chain.id()).isEqualTo(2);
    assertThat(rig.driver.read()).extracting(Peer.Got::type, Peer.Got::slot, Peer.Got::arg0)
        .containsExactlyInAnyOrder(answer(0), answer(1));
  }

  @Test
  @Shows("F17")
  void onesThatComeWhileTheModelLooks() {
    rig.driver.send(FrameType.ADD, 0, frame -> {
      frame.generation = 1;
      frame.arg1 = 8;
    });
    detach(0);
    assertThat(rig.queue.take(rig.chain)).isFalse();
    assertThat(rig.driver.read()).extracting(Peer.Got::type, Peer.Got::slot, Peer.Got::arg0).containsExactly(answer(0));
  }

  private static Tuple answer(int slot) {
    return Tuple.tuple(FrameType.DETACHED, slot, Frame.DETACHED_NEW);
  }
}
