package virtio.device.net;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.bus.spec.VirtioNet.*;
import static virtio.device.net.CardRig.MAC;
import static virtio.device.net.CardRig.OTHER;
import static virtio.device.net.CardRig.frame;
import static virtio.device.net.CardRig.tagged;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.spec.VirtioNet;
import virtio.testkit.Clause;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** Frames both ways through a card whose driver lays out its buffers by hand, good ones and bad ones. */
class NetworkCardTest {
  private final CardRig rig = new CardRig();

  @Test
  @Clause("Packet Transmission")
  void sendsFramesOfEverySize() {
    rig.start();
    for (int length = ETHERNET; length <= ETHERNET + 1500; length++) {
      byte[] frame = frame(OTHER, MAC, length);
      rig.transmit(frame);
      assertThat(rig.other.received()).containsExactly(frame);
    }
  }

  @Test
  @Clause("Processing of Incoming Packets")
  void receivesFramesOfEverySize() {
    rig.start();
    for (int length = ETHERNET; length <= ETHERNET + 1500; length++) {
      assertThat(rig.comes(frame(MAC, OTHER, length))).as(length + " bytes").isTrue();
    }
    assertThat(rig.receive.outstanding()).isZero();
  }

  @Test
  @Clause("Packet Transmission")
  void whatIsNoFrameIsDroppedAndGivenBack() {
    rig.start();
    rig.transmit(new byte[3], new byte[0]);
    rig.transmit(new byte[12], new byte[0]);
    rig.transmit(Arrays.copyOf(frame(OTHER, MAC, 14), 13));
    rig.transmit(frame(OTHER, MAC, 1515));
    rig.transmit(tagged(OTHER, MAC, 7, 1519));
    rig.transmit(header(0, 1, 0, 0), frame(OTHER, MAC, 100));
    rig.transmit(header(VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, 34, 16), frame(OTHER, MAC, 100));
    assertThat(rig.other.received()).isEmpty();
    rig.transmit(tagged(OTHER, MAC, 7, 1518));
    assertThat(rig.other.received()).as("a tag comes on top of the MTU").hasSize(1);
  }

  @Test
  void aBufferThatIsForTheDeviceToWriteSendsNothing() {
    rig.start();
    rig.transmit.offer(new Chain(1).writable(rig.memory, rig.place(), 1000));
    rig.card.available(rig.transmit);
    assertThat(rig.transmit.used()).hasSize(1);
    assertThat(rig.other.received()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {98, 99, 100, 65535})
  @Clause("Packet Transmission")
  void aChecksumThatLiesOutsideTheFrameIsNone(int offset) {
    rig.start(VIRTIO_NET_F_CSUM);
    rig.transmit(header(VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, 1, offset), frame(OTHER, MAC, 100));
    rig.transmit(header(VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, Math.min(65535, offset + 1), 0), frame(OTHER, MAC, 100));
    assertThat(rig.other.received()).isEmpty();
  }

  @Test
  @Clause("Processing of Incoming Packets")
  void aPartialChecksumIsMadeWholeForWhoCannotTakeIt() {
    CardRig.Station driver = new CardRig.Station("partial");
    rig.lan.join(driver.port);
    byte[] frame = frame(MAC, OTHER, 60);
    frame[50] = 0x12;
    frame[51] = 0x34;
    MemorySegment.copy(frame, 0, driver.out.bytes, ValueLayout.JAVA_BYTE, 0, frame.length);
    rig.start();
    int whole = rig.buffer(2000)[0];
    assertThat(driver.out.partial(frame.length, 34, 16)).isTrue();
    driver.port.send(driver.out);
    rig.run();
    assertThat(rig.at(whole, HEADER)).isEqualTo(header(0, 0, 0, 0, 1));
    byte[] summed = rig.at(whole + HEADER, 60);
    assertThat(foldedSum(summed, 34, 0x1234)).as("with the pseudo header's share, a good packet sums up to this").isEqualTo(0xFFFF);
    rig.card.stop();

    rig.start(VIRTIO_NET_F_GUEST_CSUM);
    int partial = rig.buffer(2000)[0];
    driver.port.send(driver.out);
    rig.run();
    assertThat(rig.at(partial, HEADER)).isEqualTo(header(VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, 34, 16, 1));
    assertThat(rig.at(partial + HEADER, 60)).isEqualTo(frame);
  }

  /** Of big-endian words, as RFC 1071 has it. */
  private static int foldedSum(byte[] frame, int start, int seed) {
    int sum = seed;
    for (int i = start; i < frame.length; i += 2) {
      sum += (frame[i] & 0xFF) << 8 | (i + 1 < frame.length ? frame[i + 1] & 0xFF : 0);
    }
    while (sum >>> 16 != 0) {
      sum = (sum & 0xFFFF) + (sum >>> 16);
    }
    return sum;
  }

  static byte[] header(int flags, int gso, int start, int offset, int buffers) {
    return new byte[] {(byte) flags, (byte) gso, 0, 0, 0, 0, (byte) start, (byte) (start >>> 8), (byte) offset, (byte) (offset >>> 8),
        (byte) buffers, 0};
  }

  private static byte[] header(int flags, int gso, int start, int offset) {
    return header(flags, gso, start, offset, 0);
  }

  @Test
  @Trap("T28")
  @Clause("Setting Up Receive Buffers")
  void aFrameFillsSeveralBuffersWhereTheyMerge() {
    rig.start(VIRTIO_NET_F_MRG_RXBUF);
    int[] first = rig.buffer(10, 30);
    int[] second = rig.buffer(100);
    int[] third = rig.buffer(12, 1);
    byte[] frame = frame(MAC, OTHER, 40 - HEADER + 100 + 5);
    rig.other.send(frame);
    rig.run();
    assertThat(rig.receive.used()).containsExactly(0, 1, 2);
    assertThat(CardRig.join(rig.at(first[0], 10), rig.at(first[1], 2))).isEqualTo(header(0, 0, 0, 0, 3));
    assertThat(CardRig.join(rig.at(first[1] + 2, 28), rig.at(second[0], 100), rig.at(third[0], 5))).isEqualTo(frame);
    assertThat(rig.at(third[0] + 5, 1)[0]).isEqualTo(CardRig.UNTOUCHED);
  }

  @Test
  @Trap("T28")
  void aFrameWaitsForTheBuffersItStillNeeds() {
    rig.start(VIRTIO_NET_F_MRG_RXBUF);
    byte[] frame = frame(MAC, OTHER, 150);
    int one = rig.buffer(100)[0];
    rig.other.send(frame);
    rig.run();
    assertThat(rig.receive.used()).isEmpty();
    int two = rig.buffer(100)[0];
    rig.card.available(rig.receive);
    assertThat(rig.receive.used()).containsExactly(0, 1);
    assertThat(CardRig.join(rig.at(one + HEADER, 88), rig.at(two, 62))).isEqualTo(frame);
  }

  @Test
  @Trap("T28")
  void aDryRingLosesNothingThatThePortCanHold() {
    rig.start(VIRTIO_NET_F_MRG_RXBUF);
    for (int i = 0; i < 20; i++) {
      rig.other.send(frame(MAC, OTHER, 60 + i));
    }
    rig.run();
    assertThat(rig.receive.used()).isEmpty();
    assertThat(rig.slot).isEmpty();
    for (int i = 0; i < 20; i++) {
      int at = rig.buffer(2000)[0];
      rig.card.available(rig.receive);
      assertThat(rig.at(at + HEADER, 60 + i)).isEqualTo(frame(MAC, OTHER, 60 + i));
    }
    rig.buffer(2000);
    rig.card.available(rig.receive);
    assertThat(rig.receive.waiting()).as("no frame, no buffer taken").isEqualTo(1);
    rig.other.send(frame(MAC, OTHER, 90));
    rig.run();
    assertThat(rig.receive.used()).hasSize(21);
  }

  @Test
  @Clause("Setting Up Receive Buffers")
  void aBufferTooShortForAFrameComesBackEmpty() {
    rig.start();
    int at = rig.buffer(50)[0];
    rig.buffer(2000);
    rig.other.send(frame(MAC, OTHER, 60));
    rig.run();
    assertThat(rig.receive.used()).containsExactly(0);
    assertThat(rig.at(at, 50)).containsOnly(CardRig.UNTOUCHED);
    assertThat(rig.comes(frame(MAC, OTHER, 38))).isTrue();
    assertThat(rig.receive.outstanding()).isZero();
  }

  @Test
  void tinyBuffersDoNotHoldTheCardUp() {
    rig.start(VIRTIO_NET_F_MRG_RXBUF);
    for (int i = 0; i < 300; i++) {
      rig.buffer(i % 2 == 0 ? 11 : 12);
    }
    rig.receive.offer(new Chain(1).readable(rig.memory, 0, 10));
    rig.other.send(frame(MAC, OTHER, 1514));
    rig.run();
    rig.card.stop();
    assertThat(rig.receive.outstanding()).isZero();
    rig.start(VIRTIO_NET_F_MRG_RXBUF);
    assertThat(rig.comes(frame(MAC, OTHER, 60))).isTrue();
  }

  @Test
  @Clause("Device Reset")
  void aResetFindsNothingOutstanding() {
    rig.start(VIRTIO_NET_F_MRG_RXBUF);
    rig.buffer(100);
    rig.buffer(100);
    rig.other.send(frame(MAC, OTHER, 1000));
    rig.run();
    assertThat(rig.receive.outstanding()).isEqualTo(2);
    rig.card.stop();
    assertThat(rig.receive.outstanding()).isZero();
    rig.other.send(frame(MAC, OTHER, 1000));
    rig.run();
    rig.start();
    rig.buffer(2000);
    rig.run();
    rig.card.available(rig.receive);
    assertThat(rig.receive.used()).as("frames of before are not the next driver's").isEmpty();
    assertThat(rig.comes(frame(MAC, OTHER, 60))).isTrue();
  }

  @Test
  void withoutAReceiveQueueFramesAreDropped() {
    rig.card.slot(rig.slot::add);
    rig.card.start(Features.NONE, new DeviceQueue[] {null, null, null}, () -> { });
    rig.other.send(frame(MAC, OTHER, 60));
    rig.run();
    rig.card.stop();
    rig.start();
    assertThat(rig.comes(frame(MAC, OTHER, 61))).isTrue();
  }

  @Test
  void framesThatAreLongerThanTheMtuStayOutside() {
    rig.start();
    assertThat(rig.comes(frame(MAC, OTHER, 1515))).isFalse();
    assertThat(rig.comes(frame(MAC, OTHER, 9000))).isFalse();
    assertThat(rig.comes(tagged(MAC, OTHER, 5, 1518))).isTrue();
  }

  @Test
  @Shows("F30")
  @Clause("Device configuration layout")
  void theLinkIsAField() {
    rig.start(VIRTIO_NET_F_STATUS);
    assertThat(rig.card.read(STATUS)).isEqualTo(VIRTIO_NET_S_LINK_UP);
    rig.card.link(false);
    rig.card.link(false);
    assertThat(rig.told).isEqualTo(1);
    assertThat(rig.card.read(STATUS)).isZero();
    rig.transmit(frame(OTHER, MAC, 60));
    assertThat(rig.other.received()).isEmpty();
    assertThat(rig.comes(frame(MAC, OTHER, 60))).isFalse();
    rig.card.link(true);
    assertThat(rig.told).isEqualTo(2);
    rig.transmit(frame(OTHER, MAC, 60));
    assertThat(rig.other.received()).hasSize(1);
    assertThat(rig.comes(frame(MAC, OTHER, 60))).isTrue();
  }

  @Test
  @Clause("Device configuration layout")
  void fieldsAreTheDevicesOwn() {
    for (Field field : VirtioNet.FIELDS) {
      rig.card.write(field, 3);
    }
    assertThat(rig.card.read(VirtioNet.MAC)).isEqualTo(MAC);
    assertThat(List.of(rig.card.read(MTU), rig.card.read(SPEED), rig.card.read(DUPLEX))).containsExactly(1500L, 10_000L, 1L);
    CardState unknown = new CardState(MAC, 1500, CardState.UNKNOWN_SPEED, true);
    assertThat(unknown.read(SPEED)).isEqualTo(0xFFFF_FFFFL);
    assertThat(unknown.read(DUPLEX)).isEqualTo(0xFF);
  }

  @Test
  void aSenderThatNeverStopsStillReceives() {
    rig.start();
    for (int i = 0; i < 200; i++) {
      int at = rig.place();
      rig.transmit.offer(new Chain(1).readable(rig.memory, at, 100));
    }
    rig.buffer(2000);
    rig.other.send(frame(MAC, OTHER, 60));
    rig.slot.clear();
    rig.card.available(rig.transmit);
    assertThat(rig.transmit.waiting()).isPositive();
    assertThat(rig.receive.used()).hasSize(1);
  }

  @Test
  void nothingIsAllocatedForAFrame() {
    rig.start();
    byte[] frame = frame(MAC, OTHER, 1000);
    rig.other.send(frame);
    rig.run();
    var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    Receiver receiver = new Receiver(rig.card.port(), rig.state, filter(), 256);
    Again buffers = new Again(new Chain(1).writable(rig.memory, 0, 2000));
    receiver.start(buffers, Features.NONE);
    long allocated = Long.MAX_VALUE;
    for (int round = 0; round < 3; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 20_000; i++) {
        rig.other.port.send(rig.other.out);
        rig.slot.clear();
        receiver.receive();
      }
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(receiver.received()).isEqualTo(60_000);
    assertThat(allocated / 20_000).as("bytes per frame, of the test's own queue of tasks at most").isLessThan(8);
  }

  private static ReceiveFilter filter() {
    ReceiveFilter filter = new ReceiveFilter();
    filter.reset(Features.NONE);
    return filter;
  }

  @Test
  void countsAreThere() {
    rig.start(VIRTIO_NET_F_CTRL_VQ, VIRTIO_NET_F_CTRL_RX);
    rig.comes(frame(MAC, OTHER, 60));
    rig.comes(frame(0x0302_0000_0002L, OTHER, 60));
    rig.transmit(new byte[1], new byte[0]);
    rig.transmit(frame(OTHER, MAC, 60));
    assertThat(rig.card.toString()).isEqualTo("net0: sent 1 (dropped 1), received 1 (not wanted 1, no buffer 0, port full 0)");
  }
}
