package virtio.driver.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static virtio.bus.spec.VirtioNet.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.net.Frame;
import virtio.testkit.Clause;
import virtio.testkit.Trap;

/** The way in. */
@Timeout(60)
class ReceiveTest extends CardTest {
  /** Buffers that a packet of a few hundred bytes does not fit. */
  private static final Sizing SMALL = new Sizing(8, 128, 2);

  @Test
  @Clause("Processing of Incoming Packets")
  void aPacketInOneBufferIsHandedOutWhereItLies() {
    bind(new ScriptedCard(16));
    byte[] data = bytes(1514);
    device.deliver(data);
    assertThat(port.frames).hasSize(1);
    assertThat(bytes(port.frames.getFirst())).isEqualTo(data);
    assertThat(card.counters().received()).isEqualTo(1);
    assertThat(card.counters().receivedBytes()).isEqualTo(1514);
    assertThat(card.counters().bounced()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {68, 1500, 9000, 65535})
  @Clause({"Setting Up Receive Buffers", "Device configuration layout"})
  void withoutMergingABufferHoldsTheLongestFrame(int mtu) {
    bind(new ScriptedCard(4).with(MTU, mtu));
    assertThat(device.receiveq().out()).hasSize(4).allSatisfy(buffer -> {
      assertThat(buffer.chain().writableBytes()).isGreaterThanOrEqualTo(Math.max(1526, HEADER + ETHERNET + mtu));
      assertThat(buffer.chain().readableBytes()).isZero();
    });
  }

  @Test
  @Clause("Setting Up Receive Buffers")
  void withMergingABufferIsSmallAndHoldsAtLeastTheHeader() {
    bind(new ScriptedCard(4).with(MTU, 9000).with(VIRTIO_NET_F_MRG_RXBUF));
    assertThat(device.receiveq().out()).hasSize(4)
        .allSatisfy(buffer -> assertThat(buffer.chain().writableBytes()).isEqualTo(Sizing.STANDARD.piece()));
  }

  @Test
  @Trap("T28")
  @Clause("Processing of Incoming Packets")
  void aPacketOverThreeBuffersArrivesOnceAndWhole() {
    bind(new ScriptedCard(8).with(VIRTIO_NET_F_MRG_RXBUF), SMALL);
    byte[] data = bytes(300);
    device.receiveq().give(ScriptedCard.packet(3, Arrays.copyOf(data, 116)));
    device.receiveq().signalled();
    assertThat(port.frames).as("one of three").isEmpty();
    device.receiveq().give(Arrays.copyOfRange(data, 116, 244));
    device.receiveq().signalled();
    assertThat(port.frames).as("two of three").isEmpty();
    device.receiveq().give(Arrays.copyOfRange(data, 244, 300));
    device.deliver(bytes(60));
    assertThat(port.frames).hasSize(2);
    assertThat(bytes(port.frames.getFirst())).isEqualTo(data);
    assertThat(bytes(port.frames.getLast())).isEqualTo(bytes(60));
    assertThat(card.counters().bounced()).isEqualTo(1);
    assertThat(card.counters().bouncedBytes()).isEqualTo(300);
    assertThat(card.counters().received()).isEqualTo(2);
  }

  @Test
  @Trap("T28")
  void aRingRunDryIsFilledAgain() {
    bind(new ScriptedCard(8));
    for (int i = 0; i < 8; i++) {
      device.deliver(bytes(100 + i));
    }
    assertThat(port.frames).hasSize(8);
    assertThat(device.receiveq().out()).as("users hold all").isEmpty();
    List<Frame> held = new ArrayList<>(port.frames);
    port.frames.clear();
    for (Frame frame : held) {
      frame.release();
      assertThat(device.receiveq().out()).as("a device that has none gets the first").isNotEmpty();
    }
    device.deliver(bytes(99));
    assertThat(bytes(port.frames.getFirst())).isEqualTo(bytes(99));
  }

  @Test
  void whatIsReleasedGoesBackInBatches() {
    bind(new ScriptedCard(64));
    for (int i = 0; i < 40; i++) {
      device.deliver(bytes(60));
    }
    int before = device.receiveq().out().size();
    for (int i = 0; i < 15; i++) {
      port.frames.get(i).release();
    }
    assertThat(device.receiveq().out()).hasSize(before);
    port.frames.get(15).release();
    assertThat(device.receiveq().out()).hasSize(before + 16);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 11, 12, 25})
  void aBufferTooShortForAFrameIsDroppedAndCounted(int used) {
    bind(new ScriptedCard(8));
    device.receiveq().give(new byte[used]);
    device.deliver(bytes(64));
    assertThat(port.frames).singleElement().satisfies(frame -> assertThat(bytes(frame)).isEqualTo(bytes(64)));
    assertThat(card.counters().malformed()).isEqualTo(1);
    assertThat(device.receiveq().out().size()).as("its room is used again").isGreaterThanOrEqualTo(6);
  }

  @Test
  @Clause("Processing of Incoming Packets")
  void aCountOfBuffersIsBelievedWithMergingOnly() {
    bind(new ScriptedCard(8));
    device.receiveq().give(ScriptedCard.packet(0, bytes(60)));
    device.receiveq().give(ScriptedCard.packet(7, bytes(61)));
    device.deliver(bytes(62));
    assertThat(port.frames).extracting(Frame::length).containsExactly(60, 61, 62);
  }

  @Test
  void aCountOfNoneIsDroppedAndCounted() {
    bind(new ScriptedCard(8).with(VIRTIO_NET_F_MRG_RXBUF), SMALL);
    device.receiveq().give(ScriptedCard.packet(0, bytes(60)));
    device.deliver(bytes(62));
    assertThat(port.frames).extracting(Frame::length).containsExactly(62);
    assertThat(card.counters().malformed()).isEqualTo(1);
  }

  @Test
  void aCountBeyondWhatWasPostedIsAViolation() {
    bind(new ScriptedCard(8).with(VIRTIO_NET_F_MRG_RXBUF), SMALL);
    device.receiveq().give(ScriptedCard.packet(9, bytes(60)));
    device.deliver(bytes(62));
    assertThat(port.frames).isEmpty();
    assertThat(port.events).containsExactly("ring broken: queue 0: num_buffers beyond what was posted");
    device.receiveq().signalled();
    assertThat(port.events).as("told once").hasSize(1);
  }

  @Test
  void aPacketLongerThanAnyFrameIsDropped() {
    bind(new ScriptedCard(32).with(VIRTIO_NET_F_MRG_RXBUF), new Sizing(32, 128, 2));
    device.receiveq().give(ScriptedCard.packet(20, bytes(116)));
    for (int i = 1; i < 20; i++) {
      device.receiveq().give(bytes(128));
    }
    device.deliver(bytes(62));
    assertThat(port.frames).extracting(Frame::length).containsExactly(62);
    assertThat(card.counters().malformed()).isEqualTo(1);
  }

  @Test
  void packetsThatNobodyHasRoomToPutTogetherAreDroppedWhole() {
    bind(new ScriptedCard(8).with(VIRTIO_NET_F_MRG_RXBUF), SMALL);
    for (int i = 0; i < 3; i++) {
      device.receiveq().give(ScriptedCard.packet(2, bytes(116)));
      device.receiveq().give(bytes(20));
      device.receiveq().signalled();
    }
    assertThat(port.frames).hasSize(2);
    assertThat(card.counters().dropped()).isEqualTo(1);
    port.frames.forEach(Frame::release);
    device.receiveq().give(ScriptedCard.packet(2, bytes(116)));
    device.receiveq().give(bytes(20));
    device.receiveq().signalled();
    assertThat(port.frames).hasSize(3);
  }

  @Test
  @Clause("Processing of Incoming Packets")
  void checksumsAreSaidOnlyIfThatWasNegotiated() {
    byte[] packet = ScriptedCard.packet(1, bytes(100));
    packet[HDR_FLAGS] = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    packet[HDR_CSUM_START] = 34;
    packet[HDR_CSUM_OFFSET] = 16;
    bind(new ScriptedCard(8));
    device.receiveq().give(packet);
    device.receiveq().signalled();
    assertThat(port.frames.getFirst().checksumWanted()).isFalse();

    port.frames.clear();
    bind(new ScriptedCard(8).with(VIRTIO_NET_F_GUEST_CSUM));
    device.receiveq().give(packet);
    packet[HDR_FLAGS] = VIRTIO_NET_HDR_F_DATA_VALID;
    device.receiveq().give(packet);
    packet[HDR_FLAGS] = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    packet[HDR_CSUM_START] = 90;
    device.receiveq().give(packet);
    device.receiveq().signalled();
    assertThat(port.frames).as("one that points outside is dropped").hasSize(2);
    assertThat(port.frames.getFirst().checksumWanted()).isTrue();
    assertThat(port.frames.getFirst().checksumStart()).isEqualTo(34);
    assertThat(port.frames.getFirst().checksumOffset()).isEqualTo(16);
    assertThat(port.frames.getFirst().completeChecksum()).isTrue();
    assertThat(port.frames.getLast().checksumValid()).isTrue();
  }

  @Test
  void whoDoesNotListenIsNotCalledAndLosesNothing() {
    bind(new ScriptedCard(8));
    card.listen(false);
    device.deliver(bytes(60));
    device.deliver(bytes(61));
    assertThat(port.frames).isEmpty();
    assertThat(device.receiveq().asked()).isFalse();
    card.listen(true);
    assertThat(port.frames).extracting(Frame::length).containsExactly(60, 61);
    assertThat(device.receiveq().asked()).isTrue();
  }

  @Test
  void aFrameThatAUserHoldsOutlivesTheCard() {
    bind(new ScriptedCard(8));
    device.deliver(bytes(60));
    Frame held = port.frames.getFirst();
    attached.remove();
    assertThat(device.live()).as("its memory").isEqualTo(1);
    assertThat(bytes(held)).isEqualTo(bytes(60));
    held.release();
    assertThat(device.live()).isZero();
    assertThatThrownBy(held::release).isInstanceOf(IllegalStateException.class).hasMessageContaining("frame=");
  }
}
