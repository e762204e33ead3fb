package virtio.device.pipe;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.bus.spec.VirtioPipe.*;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Channels;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.testkit.fake.FakeDeviceQueue;
import virtio.testkit.fake.FakeMemory;

/** The pipe between two queues and two rings, a test being the driver, the other end and the slot's thread. */
class PipeModelTest {
  private final ByteRing toDriver = new ByteRing();
  private final ByteRing fromDriver = new ByteRing();
  private final PipeModel model = new PipeModel(toDriver, fromDriver, () -> {}, 8);
  private final DmaMemory memory = new FakeMemory(false).allocate(1 << 20, 4096);
  private final Deque<Runnable> work = new ArrayDeque<>();
  private FakeDeviceQueue receive;
  private FakeDeviceQueue transmit;
  private int told;

  @BeforeEach
  void start() {
    receive = new FakeDeviceQueue(RECEIVEQ, 8);
    transmit = new FakeDeviceQueue(TRANSMITQ, 8);
    model.slot(work::add);
    model.start(Features.NONE, new DeviceQueue[] {receive, transmit}, () -> told++);
  }

  private void work() {
    for (Runnable next = work.poll(); next != null; next = work.poll()) {
      next.run();
    }
  }

  private void come(byte[] bytes) throws IOException {
    toDriver.fill(Channels.newChannel(new ByteArrayInputStream(bytes)));
    model.news();
    work();
  }

  private byte[] gone() throws IOException {
    ByteArrayOutputStream gone = new ByteArrayOutputStream();
    fromDriver.drain(Channels.newChannel(gone));
    model.news();
    work();
    return gone.toByteArray();
  }

  private static byte[] random(int bytes) {
    byte[] random = new byte[bytes];
    new Random(bytes).nextBytes(random);
    return random;
  }

  private Chain writable(int place, int bytes) {
    return new Chain(2).writable(memory, place, bytes);
  }

  private byte[] at(int place, int bytes) {
    return memory.segment().asSlice(place, bytes).toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void bytesWaitForBuffersAndBuffersForBytes() throws IOException {
    byte[] bytes = random(300);
    come(bytes);
    assertThat(receive.used()).isEmpty();
    receive.offer(writable(0, 200));
    receive.offer(writable(1000, 200));
    receive.offer(writable(2000, 200));
    assertThat(model.available(receive)).isFalse();
    assertThat(receive.used()).containsExactly(0, 1);
    assertThat(receive.waiting()).isEqualTo(1);
    assertThat(at(0, 200)).isEqualTo(Arrays.copyOf(bytes, 200));
    assertThat(at(1000, 100)).isEqualTo(Arrays.copyOfRange(bytes, 200, 300));
    come(new byte[] {7});
    assertThat(receive.used()).containsExactly(0, 1, 2);
    assertThat(at(2000, 1)).containsExactly(7);
  }

  @Test
  void aFullWireKeepsTheBuffer() throws IOException {
    byte[] bytes = random(ByteRing.BYTES + 1000);
    MemorySegment.copy(bytes, 0, memory.segment(), ValueLayout.JAVA_BYTE, 0, bytes.length);
    transmit.offer(new Chain(2).readable(memory, 0, ByteRing.BYTES - 10).readable(memory, ByteRing.BYTES - 10, 110));
    transmit.offer(new Chain(2).readable(memory, ByteRing.BYTES + 100, 900));
    model.available(transmit);
    assertThat(transmit.used()).isEmpty();
    assertThat(transmit.outstanding()).isEqualTo(1);
    byte[] first = gone();
    assertThat(first).hasSize(ByteRing.BYTES);
    assertThat(transmit.used()).containsExactly(0, 1);
    byte[] second = gone();
    assertThat(Arrays.equals(first, 0, first.length, bytes, 0, first.length)).isTrue();
    assertThat(second).isEqualTo(Arrays.copyOfRange(bytes, first.length, bytes.length));
  }

  @Test
  void positionsStandStillUntilItIsReset() throws IOException {
    long identity = model.read(IDENTITY);
    assertThat(identity).isNotZero();
    assertThat(new PipeModel(toDriver, fromDriver, () -> {}, 8).read(IDENTITY)).isNotEqualTo(identity);
    receive.offer(writable(0, 200));
    come(random(100));
    transmit.offer(new Chain(2).readable(memory, 0, 50));
    model.available(transmit);
    assertThat(model.read(SENT)).isZero();
    assertThat(model.read(TAKEN)).isZero();
    model.stop();
    assertThat(model.read(SENT)).isEqualTo(100);
    assertThat(model.read(TAKEN)).isEqualTo(50);
    assertThat(model.read(IDENTITY)).isEqualTo(identity);
  }

  @Test
  void heldItGivesNothingAndTakesOn() throws IOException {
    receive.offer(writable(0, 200));
    receive.offer(writable(200, 200));
    come(random(10));
    model.write(HOLD, 1);
    assertThat(model.read(HOLD)).as("before the slot's thread has seen it").isZero();
    work();
    assertThat(model.read(HOLD)).isEqualTo(1);
    assertThat(model.read(SENT)).isEqualTo(10);
    assertThat(told).isEqualTo(1);
    come(random(10));
    assertThat(receive.used()).hasSize(1);
    transmit.offer(new Chain(2).readable(memory, 0, 50));
    model.available(transmit);
    assertThat(transmit.used()).hasSize(1);
    model.stop();
    start();
    assertThat(model.read(HOLD)).isZero();
    receive.offer(writable(0, 200));
    model.available(receive);
    assertThat(receive.used()).as("what came while it was held").hasSize(1);
  }

  @Test
  void whatComesBetweenTwoDriversWaits() throws IOException {
    receive.offer(writable(0, 200));
    model.stop();
    come(random(100));
    assertThat(receive.used()).isEmpty();
    start();
    receive.offer(writable(0, 200));
    model.available(receive);
    assertThat(at(0, 100)).isEqualTo(random(100));
  }

  @Test
  void othersFieldsAreReadOnly() {
    model.write(SENT, 5);
    model.write(IDENTITY, 5);
    model.write(HOLD, 7);
    work();
    assertThat(model.read(SENT)).isZero();
    assertThat(model.read(HOLD)).isZero();
  }
}
