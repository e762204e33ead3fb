package virtio.driver.net;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.bus.spec.VirtioNet.*;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.net.Frame;
import virtio.testkit.Clause;

/** The way out, and the way back. */
@Timeout(60)
class TransmitTest extends CardTest {
  @Test
  @Clause("Packet Transmission")
  void aFrameFollowsAHeaderOfZeroes() {
    bind(new ScriptedCard(16).with(VIRTIO_NET_F_CSUM, VIRTIO_NET_F_MRG_RXBUF));
    byte[] data = bytes(60);
    assertThat(send(data)).isTrue();
    byte[] packet = device.sent().getFirst();
    assertThat(Arrays.copyOf(packet, HEADER)).as("flags, gso_type and num_buffers are 0 too").isEqualTo(new byte[HEADER]);
    assertThat(Arrays.copyOfRange(packet, HEADER, packet.length)).isEqualTo(data);
    assertThat(card.counters().sent()).isEqualTo(1);
    assertThat(card.counters().sentBytes()).isEqualTo(60);
  }

  @Test
  @Clause("Packet Transmission")
  void aChecksumIsLeftToADeviceThatCan() {
    bind(new ScriptedCard(16).with(VIRTIO_NET_F_CSUM));
    byte[] packet = sendWithChecksum(bytes(100));
    assertThat(packet[HDR_FLAGS]).isEqualTo((byte) VIRTIO_NET_HDR_F_NEEDS_CSUM);
    assertThat(packet[HDR_CSUM_START]).isEqualTo((byte) 34);
    assertThat(packet[HDR_CSUM_OFFSET]).isEqualTo((byte) 16);
    assertThat(Arrays.copyOfRange(packet, HEADER, packet.length)).isEqualTo(bytes(100));
  }

  @Test
  @Clause("Packet Transmission")
  void aChecksumIsMadeHereForADeviceThatCannot() {
    bind(new ScriptedCard(16));
    byte[] data = bytes(101);
    byte[] packet = sendWithChecksum(data);
    assertThat(Arrays.copyOf(packet, HEADER)).isEqualTo(new byte[HEADER]);
    int sum = 0;
    for (int at = HEADER + 34; at < packet.length; at += 2) {
      sum += (packet[at] & 0xFF) << 8 | (at + 1 < packet.length ? packet[at + 1] & 0xFF : 0);
    }
    // What stood there was part of the sum: with the sum in its place the whole is all ones plus that.
    int before = (data[50] & 0xFF) << 8 | data[51] & 0xFF;
    assertThat((sum + before) % 0xFFFF).isZero();
  }

  private byte[] sendWithChecksum(byte[] data) {
    Frame frame = card.frame();
    frame.put(MemorySegment.ofArray(data), 0, data.length).checksum(34, 16).take();
    assertThat(card.send(frame)).isTrue();
    card.kick();
    return device.sent().getFirst();
  }

  @Test
  void sendingTakesBackWhatIsDoneWithoutAnInterrupt() {
    bind(new ScriptedCard(4));
    for (int i = 0; i < 100; i++) {
      assertThat(send(bytes(60))).as("frame " + i).isTrue();
      device.sent();
    }
    assertThat(port.events).isEmpty();
  }

  @Test
  void whoFindsNoRoomIsTold() {
    bind(new ScriptedCard(4));
    assertThat(send(bytes(60))).isTrue();
    device.sent();
    device.transmitq().signalled();
    port.events.clear();
    assertThat(device.transmitq().asked()).as("nobody waits").isFalse();
    for (int i = 0; i < 4; i++) {
      assertThat(send(bytes(60))).as("frame " + i).isTrue();
    }
    assertThat(send(bytes(60))).isFalse();
    assertThat(device.transmitq().asked()).as("somebody waits").isTrue();
    device.sent();
    device.transmitq().signalled();
    assertThat(port.events).containsExactly("room");
    assertThat(send(bytes(60))).isTrue();
    assertThat(device.transmitq().asked()).isFalse();
  }

  @Test
  void aFrameThatAUserGivesBackIsRoomToo() {
    bind(new ScriptedCard(2));
    List<Frame> held = new ArrayList<>(List.of(card.frame(), card.frame()));
    assertThat(card.frame()).isNull();
    held.removeFirst().release();
    assertThat(port.events).containsExactly("room");
    held.removeFirst().release();
    assertThat(port.events).as("told once").hasSize(1);
  }

  @Test
  @Clause("Device Cleanup")
  void framesInFlightAreLostAndCounted() {
    bind(new ScriptedCard(8).with(VIRTIO_NET_F_CTRL_VQ));
    for (int i = 0; i < 5; i++) {
      send(bytes(60));
    }
    device.transmitq().use(device.transmitq().out().getFirst());
    Frame held = card.frame();
    attached.remove();
    attached.remove();
    assertThat(port.events).containsExactly("down true");
    assertThat(card.counters().lost()).isEqualTo(4);
    assertThat(send(bytes(60))).isFalse();
    assertThat(card.frame()).isNull();
    assertThat(device.live()).isEqualTo(1);
    held.release();
    assertThat(device.live()).isZero();
  }

  @Test
  void aDeviceThatDoesNotStopIsToldSo() {
    bind(new ScriptedCard(8).neverStops());
    send(bytes(60));
    attached.remove();
    assertThat(port.events).containsExactly("down false");
  }

  @Test
  void aMachineShortOfMemoryGivesFewerFrames() {
    bind(new ScriptedCard(64).room(40L * Sizing.whole(1500)));
    assertThat(device.receiveq().out()).hasSize(32);
    assertThat(send(bytes(60))).isTrue();
  }
}
