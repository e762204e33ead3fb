package virtio.ring.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.Queue.State;
import virtio.bus.Violation;
import virtio.bus.Virtqueue.Added;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/**
 * A peer that says anything, plausible more often than not, with fixed seeds. What comes out is a buffer or a named violation: never an
 * exception, never a byte outside, never an endless loop; and after a reset each token is back once.
 */
class FuzzTest {
  private static final int ROUNDS = 3000;
  private static final int FRAMES = 60;

  /** One frame, rarely wrong in more than one place. */
  private static byte[] frame(Peer peer, SplittableRandom random, FrameType[] types, int window) {
    FrameType type = types[random.nextInt(random.nextInt(6) == 0 ? types.length : Math.min(4, types.length))];
    byte[] payload = new byte[type == FrameType.DATA || type == FrameType.USED || type == FrameType.ADD ? random.nextInt(70) : 0];
    byte[] bytes = peer.bytes(type, type.ofSession() ? Frame.SESSION : random.nextInt(20) == 0 ? random.nextInt(4) : 0, frame -> {
      frame.slot = random.nextInt(random.nextInt(20) == 0 ? 8 : 4);
      frame.generation = random.nextInt(random.nextInt(10) == 0 ? 4 : 2) + (random.nextInt(4) == 0 ? 0 : 1);
      frame.arg0 = random.nextInt(30) == 0 ? random.nextInt() : random.nextInt(2) == 0 ? payload.length : random.nextInt(70);
      frame.arg1 = random.nextInt(30) == 0 ? random.nextInt() : random.nextInt(3) == 0 ? random.nextInt(70) : 0;
      frame.credit = window;
      frame.flags = random.nextInt(12) == 0 ? 1 : 0;
    }, payload);
    if (random.nextInt(60) == 0) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return random.nextInt(100) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  @Test
  @Trap({"T06", "T11"})
  @Shows({"F17", "F21"})
  void aDeviceThatSaysAnything() {
    FrameType[] types = {FrameType.USED, FrameType.DATA, FrameType.CREDIT, FrameType.DETACHED, FrameType.OPENED, FrameType.CLOSED,
        FrameType.ERROR, FrameType.HELLO_OK, FrameType.RESET_OK, FrameType.ADD};
    Set<Violation> met = EnumSet.noneOf(Violation.class);
    int got = 0;
    for (int round = 0; round < ROUNDS; round++) {
      SplittableRandom random = new SplittableRandom(round);
      DriverRig rig = DriverRig.live();
      List<Object> out = new ArrayList<>();
      Set<Object> back = new HashSet<>();
      rig.memory.segment().fill((byte) 0x5A);
      for (int i = 0; i < FRAMES && rig.queue.broken() == null; i++) {
        Object token = "r" + round + "t" + i;
        if (random.nextInt(3) == 0 && rig.queue.add(rig.chain(random.nextInt(70), 1 + random.nextInt(64)), token) == Added.OK) {
          out.add(token);
          rig.queue.sync();
        }
        if (!out.isEmpty() && random.nextInt(8) == 0) {
          Object taken = out.get(random.nextInt(out.size()));
          if (rig.queue.detach(taken)) {
            assertThat(back.add(taken)).isTrue();
          }
        }
        rig.device.sendRaw(frame(rig.device, random, types, DriverRig.SIZES.window()));
        for (Object token2 = rig.queue.get(); token2 != null; token2 = rig.queue.get()) {
          assertThat(back.add(token2)).isTrue();
          assertThat(rig.queue.written()).isBetween(0L, 64L);
          got++;
        }
        rig.tasks.runAll();
        rig.device.read();
      }
      if (rig.queue.broken() != null) {
        met.add(rig.queue.broken());
      }
      assertThat(rig.told.size()).isLessThanOrEqualTo(2);
      rig.rings.stop(false);
      for (Object token : out) {
        assertThat(rig.queue.detach(token)).as("each token once").isEqualTo(!back.contains(token));
      }
      for (long at = 0; at < DriverRig.MEMORY; at++) {
        if (at < DriverRig.MEMORY / 2 || at >= DriverRig.MEMORY / 2 + 64) {
          assertThat(rig.memory.segment().get(ValueLayout.JAVA_BYTE, at)).isEqualTo((byte) 0x5A);
        }
      }
      rig.rings.close();
    }
    assertThat(got).isPositive();
    assertThat(met.size()).as("%s", met).isGreaterThan(8);
  }

  @Test
  @Trap({"T08", "T11"})
  void aDriverThatSaysAnything() {
    FrameType[] types = {FrameType.ADD, FrameType.ADD, FrameType.DATA, FrameType.DETACH, FrameType.CLOSE, FrameType.OPEN,
        FrameType.ERROR, FrameType.HELLO, FrameType.RESET, FrameType.USED};
    Set<Violation> met = EnumSet.noneOf(Violation.class);
    int taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
      SplittableRandom random = new SplittableRandom(round);
      DeviceRig rig = DeviceRig.live();
      List<Chain> held = new ArrayList<>();
      for (int i = 0; i < FRAMES && rig.queue.broken() == null; i++) {
        rig.driver.sendRaw(frame(rig.driver, random, types, 0));
        rig.tasks.runAll();
        Chain chain = new Chain(2);
        if (random.nextInt(2) == 0 && rig.queue.take(chain)) {
          taken++;
          assertThat(chain.readableBytes() + chain.writableBytes()).isBetween(1L, 2000L);
          chain.wrote(0, chain.writableBytes());
          held.add(chain);
        }
        if (!held.isEmpty() && random.nextInt(2) == 0) {
          rig.queue.push(held.remove(random.nextInt(held.size())));
          rig.queue.sync();
        }
        rig.driver.read();
      }
      if (rig.queue.broken() != null) {
        met.add(rig.queue.broken());
      }
      assertThat(rig.told.size()).isLessThanOrEqualTo(2);
      held.forEach(rig.queue::push);
      rig.queue.sync();
      rig.rings.stop(true);
      assertThat(rig.queue.state()).isEqualTo(State.STOPPED);
      rig.rings.close();
    }
    assertThat(taken).isPositive();
    assertThat(met.size()).as("%s", met).isGreaterThan(8);
  }
}
