package virtio.driver.pipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import virtio.bus.VirtioDriver.Attached;
import virtio.bus.VirtioDriver.Entry;
import virtio.pipe.Pipe;
import virtio.testkit.Shows;

/** The pipe without a ring: what is on the channel is what was written, and nothing else. */
class RawPipeTest {
  private final HeardPort port = new HeardPort(true);

  private Attached bind(ScriptedChannel channel) {
    ScriptedPipe device = new ScriptedPipe(4, channel);
    Attached attached = new PipeDriver().probe(device, new Entry(device.id(), Sizing.STANDARD), port);
    assertThat(device.receive()).isNull();
    assertThat(device.transmit()).isNull();
    return attached;
  }

  private byte[] read(int most) {
    byte[] into = new byte[most];
    long count = port.pipe.read(MemorySegment.ofArray(into), 0, most);
    return Arrays.copyOf(into, (int) count);
  }

  private static byte[] all() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    return all;
  }

  @Test
  @Shows("F41")
  void bytesOnTheChannelAreTheBytesWritten() {
    ScriptedChannel channel = new ScriptedChannel(0);
    bind(channel);
    assertThat(port.pipe.write(MemorySegment.ofArray(all()), 0, 256)).isEqualTo(256);
    assertThat(channel.sent.toByteArray()).isEqualTo(all());
    channel.coming.add(all());
    assertThat(read(100)).isEqualTo(Arrays.copyOf(all(), 100));
    assertThat(read(1000)).isEqualTo(Arrays.copyOfRange(all(), 100, 256));
    assertThat(port.pipe.pending()).isZero();
  }

  @Test
  @Shows("F40")
  void nothingNowIsNoByteAndSomethingLaterIsTold() {
    ScriptedChannel channel = new ScriptedChannel(0);
    bind(channel);
    assertThat(read(10)).isEmpty();
    channel.room = 2;
    assertThat(port.pipe.write(MemorySegment.ofArray(all()), 0, 256)).isEqualTo(2);
    assertThat(port.pipe.write(MemorySegment.ofArray(all()), 2, 254)).isZero();
    channel.ready.run();
    assertThat(port.moved).isEqualTo(1);
  }

  @Test
  @Shows("F40")
  void aPeerThatHasGoneIsToldAfterItsLastByte() {
    ScriptedChannel channel = new ScriptedChannel(0);
    bind(channel);
    channel.coming.add(new byte[] {1});
    channel.gone = true;
    assertThat(read(10)).containsExactly(1);
    assertThat(port.pipe.read(MemorySegment.ofArray(new byte[1]), 0, 1)).isEqualTo(Pipe.GONE);
    assertThat(port.pipe.write(MemorySegment.ofArray(new byte[1]), 0, 1)).isEqualTo(Pipe.GONE);
  }

  @Test
  void messagesAreOnlyPiecesOfTheStream() {
    ScriptedChannel channel = new ScriptedChannel(100);
    Attached attached = bind(channel);
    assertThat(port.pipe.write(MemorySegment.ofArray(all()), 0, 256)).isEqualTo(100);
    assertThat(port.pipe.write(MemorySegment.ofArray(all()), 100, 156)).isEqualTo(100);
    channel.coming.add(new byte[] {1, 2, 3});
    channel.coming.add(new byte[] {4});
    assertThat(read(2)).containsExactly(1, 2);
    assertThat(port.pipe.received()).isEqualTo(3);
    attached.remove();
    assertThat(port.left.toByteArray()).containsExactly(3);
    assertThat(port.events).containsExactly("down received=3 taken=200 lost=0");
    assertThat(channel.coming).as("what the channel still has").hasSize(1);
    assertThat(channel.ready).isNull();
  }

  @Test
  void drainedAtOnce() {
    bind(new ScriptedChannel(0));
    assertThat(port.pipe.drain(0)).isTrue();
    assertThat(port.pipe.write(MemorySegment.ofArray(all()), 0, 256)).isZero();
    assertThat(port.pipe.position()).isNull();
  }

  @Test
  void aBusWithoutTransferIsRefused() {
    assertThatThrownBy(() -> bind(null)).isInstanceOf(IllegalStateException.class).hasMessageContaining("raw=true");
  }
}
