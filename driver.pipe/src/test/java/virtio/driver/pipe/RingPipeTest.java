package virtio.driver.pipe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import virtio.bus.VirtioDriver.Attached;
import virtio.bus.VirtioDriver.Entry;
import virtio.bus.spec.VirtioPipe;
import virtio.pipe.Pipe.Position;
import virtio.testkit.Shows;

/** The pipe over its two queues: order, back-pressure, who is told when, and what comes back at the end. */
class RingPipeTest {
  private static final int SLOTS = 4;
  private static final int BYTES = 512;
  private static final long SECOND = 1_000_000_000;

  private final HeardPort port = new HeardPort(false);
  private final ScriptedPipe device = new ScriptedPipe(SLOTS, null);
  private final Attached attached = new PipeDriver().probe(device, new Entry(device.id(), new Sizing(SLOTS, BYTES)), port);

  @BeforeEach
  void begin() {
    port.pipe.begin();
  }

  private static byte[] random(int bytes, long seed) {
    byte[] random = new byte[bytes];
    new Random(seed).nextBytes(random);
    return random;
  }

  private long write(byte[] bytes, int from) {
    return port.pipe.write(MemorySegment.ofArray(bytes), from, bytes.length - from);
  }

  private byte[] read(int most) {
    byte[] into = new byte[most];
    long count = port.pipe.read(MemorySegment.ofArray(into), 0, most);
    return Arrays.copyOf(into, (int) count);
  }

  @Test
  void theDeviceHasNoReceiveBufferBeforeThePortHasThePipeAndAllOfThemThen() {
    ScriptedPipe other = new ScriptedPipe(SLOTS, null);
    HeardPort waiting = new HeardPort(false);
    new PipeDriver().probe(other, new Entry(other.id(), new Sizing(SLOTS, BYTES)), waiting);
    assertThat(other.receive().out()).isEmpty();
    waiting.pipe.begin();
    waiting.pipe.begin();
    assertThat(other.receive().out()).hasSize(SLOTS);
    assertThat(port.pipe.position()).isEqualTo(new Position(7, 1000, 2000));
  }

  @Test
  void whatIsWrittenGoesInOrderAndWaitsForRoom() {
    byte[] bytes = random(20 * BYTES + 77, 1);
    ByteArrayOutputStream taken = new ByteArrayOutputStream();
    int sent = 0;
    int zeroes = 0;
    while (taken.size() < bytes.length) {
      long moved = sent < bytes.length ? write(bytes, sent) : 0;
      assertThat(moved).isBetween(0L, (long) SLOTS * BYTES);
      sent += (int) moved;
      if (moved == 0) {
        zeroes++;
        taken.writeBytes(device.transmit().take());
        device.transmit().tell();
      }
    }
    assertThat(taken.toByteArray()).isEqualTo(bytes);
    assertThat(zeroes).isGreaterThan(10);
    assertThat(port.pipe.pending()).isZero();
  }

  @Test
  void aWriterIsToldOfRoomOnlyWhenItFoundNone() {
    byte[] bytes = random(SLOTS * BYTES, 2);
    device.transmit().signalled();   // a first, spurious one, which the driver did not ask for
    int before = port.moved;
    assertThat(write(bytes, 0)).isEqualTo(bytes.length);
    device.transmit().take();
    assertThat(device.transmit().asked()).isFalse();
    device.transmit().tell();
    assertThat(port.moved).isEqualTo(before);
    assertThat(write(bytes, 0)).isEqualTo(BYTES);   // the one that came back
    assertThat(write(bytes, 0)).isZero();
    assertThat(device.transmit().asked()).isTrue();
    device.transmit().take();
    device.transmit().tell();
    assertThat(port.moved).isEqualTo(before + 1);
  }

  @Test
  void whatTheDeviceGivesIsReadInOrderInPiecesOfAnySize() {
    Random random = new Random(3);
    byte[] bytes = random(40 * BYTES, 4);
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    int given = 0;
    while (read.size() < bytes.length) {
      while (given < bytes.length && !device.receive().out().isEmpty()) {
        int step = Math.min(bytes.length - given, 1 + random.nextInt(BYTES));
        device.receive().give(Arrays.copyOfRange(bytes, given, given + step));
        given += step;
      }
      read.writeBytes(read(1 + random.nextInt(3 * BYTES)));
    }
    assertThat(read.toByteArray()).isEqualTo(bytes);
    assertThat(read(1)).isEmpty();
    assertThat(device.receive().out()).hasSize(SLOTS);
    assertThat(port.pipe.received()).isEqualTo(bytes.length);
  }

  @Test
  void aReaderWhoIsSlowMakesTheDeviceWait() {
    for (int i = 0; i < SLOTS; i++) {
      device.receive().give(new byte[] {(byte) i, 9});
    }
    assertThat(read(3)).containsExactly(0, 9, 1);
    assertThat(device.receive().out()).as("buffers that were read to their end").hasSize(1);
  }

  @Test
  void aReaderIsToldOfBytesOnlyWhenItFoundNone() {
    device.receive().signalled();
    int before = port.moved;
    device.receive().give(new byte[] {1});
    device.receive().tell();
    assertThat(port.moved).isEqualTo(before);
    assertThat(read(10)).containsExactly(1);
    assertThat(read(10)).isEmpty();
    device.receive().give(new byte[] {2});
    device.receive().tell();
    assertThat(port.moved).isEqualTo(before + 1);
    device.receive().tell();
    assertThat(port.moved).isEqualTo(before + 1);
  }

  @Test
  void aBufferUsedWithoutAByteIsAFailureToldOnce() {
    device.receive().give(new byte[] {5});
    device.receive().give(new byte[0]);
    device.receive().give(new byte[] {6});
    assertThat(read(10)).containsExactly(5);
    assertThat(read(10)).isEmpty();
    assertThat(port.events).containsExactly("ring broken: queue 0: a buffer was used without a byte in it");
    attached.remove();
    assertThat(device.live()).isZero();
    assertThat(device.receive().outstanding()).isZero();
  }

  @Test
  @Shows("F41")
  void anErrorMovesNothing() {
    device.receive().give(new byte[] {1, 2, 3});
    byte[] small = new byte[2];
    try {
      port.pipe.read(MemorySegment.ofArray(small), 1, 2);
    } catch (IndexOutOfBoundsException e) {
      assertThat(read(10)).containsExactly(1, 2, 3);
      return;
    }
    throw new AssertionError("a read beyond the reader's memory went well");
  }

  @Test
  void whatNobodyReadIsHandedOnAtTheEnd() {
    device.receive().give(new byte[] {1, 2, 3});
    device.receive().give(new byte[] {4});
    assertThat(read(2)).containsExactly(1, 2);
    write(new byte[] {1, 2, 3, 4, 5}, 0);
    write(new byte[] {6}, 0);
    device.transmit().take();
    attached.remove();
    attached.remove();
    assertThat(port.left.toByteArray()).containsExactly(3, 4);
    assertThat(port.events).containsExactly("down received=4 taken=5 lost=1");
    assertThat(device.receive().outstanding() + device.transmit().outstanding()).isZero();
    assertThat(device.live()).isZero();
    assertThat(write(new byte[] {7}, 0)).isZero();
    assertThat(read(1)).isEmpty();
  }

  @Test
  void drainedIsWhenBothSidesHaveAll() {
    device.with(VirtioPipe.SENT, 1000);
    write(new byte[] {1, 2, 3}, 0);
    device.whenHeld(() -> {
      device.transmit().take();
      device.receive().give(new byte[] {8, 9});
      device.with(VirtioPipe.SENT, 1002);
      device.with(VirtioPipe.HOLD, 1);
    });
    assertThat(port.pipe.drain(10 * SECOND)).isTrue();
    assertThat(write(new byte[] {4}, 0)).as("written after the drain").isZero();
    assertThat(read(5)).containsExactly(8, 9);
    attached.remove();
    assertThat(port.events).containsExactly("down received=2 taken=3 lost=0");
  }

  @Test
  void notDrainedWhileTheDeviceOwesBytesOrTakesNone() {
    device.whenHeld(() -> {
      device.with(VirtioPipe.SENT, 1001);
      device.with(VirtioPipe.HOLD, 1);
    });
    assertThat(port.pipe.drain(1)).isFalse();
    device.receive().give(new byte[] {1});
    assertThat(port.pipe.drain(1)).isTrue();
  }

  @Test
  void notDrainedWhenTheDeviceNeverHolds() {
    assertThat(port.pipe.drain(1)).isFalse();
  }
}
