package virtio.device.net;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.bus.spec.VirtioNet.*;
import static virtio.device.net.CardRig.MAC;
import static virtio.device.net.CardRig.OTHER;
import static virtio.device.net.CardRig.frame;
import static virtio.device.net.CardRig.join;
import static virtio.device.net.CardRig.mac;
import static virtio.device.net.CardRig.tagged;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.Chain;
import virtio.bus.Features;
import virtio.bus.spec.VirtioNet;
import virtio.testkit.Clause;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** Commands as bytes, and the frames that come through after each. */
class CommandsTest {
  private static final long STRANGER = 0x0902_0000_0002L;
  private static final long GROUP = 0x0100_5E00_0001L;
  private static final byte OFF = 0;
  private static final byte ON = 1;

  private final CardRig rig = new CardRig();

  @BeforeEach
  void start() {
    rig.start(rig.card.offered());
  }

  private void mode(int command, byte on) {
    assertThat(rig.command(VIRTIO_NET_CTRL_RX, command, on)).isEqualTo(VIRTIO_NET_OK);
  }

  private boolean comes(long to) {
    return rig.comes(frame(to, OTHER, 100));
  }

  private static byte[] count(int entries) {
    return new byte[] {(byte) entries, (byte) (entries >>> 8), (byte) (entries >>> 16), (byte) (entries >>> 24)};
  }

  private static byte[] many(int entries, long first) {
    byte[] all = new byte[6 * entries];
    for (int i = 0; i < entries; i++) {
      System.arraycopy(mac(first + ((long) i << 24)), 0, all, 6 * i, 6);
    }
    return all;
  }

  private int table(byte[]... parts) {
    return rig.command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_TABLE_SET, join(parts));
  }

  @Test
  @Clause("Setting MAC Address Filtering")
  void beginsWithItsOwnAddressAndBroadcasts() {
    assertThat(comes(MAC)).isTrue();
    assertThat(comes(Frame.BROADCAST)).isTrue();
    assertThat(comes(STRANGER)).isFalse();
    assertThat(comes(GROUP)).isFalse();
  }

  @Test
  @Shows({"F28", "F29"})
  @Trap("T29")
  @Clause("Packet Receive Filtering")
  void promiscuousTakesAll() {
    mode(VIRTIO_NET_CTRL_RX_NOUNI, ON);
    mode(VIRTIO_NET_CTRL_RX_NOMULTI, ON);
    mode(VIRTIO_NET_CTRL_RX_NOBCAST, ON);
    assertThat(comes(MAC) || comes(GROUP) || comes(Frame.BROADCAST)).isFalse();
    mode(VIRTIO_NET_CTRL_RX_PROMISC, ON);
    assertThat(comes(MAC) && comes(GROUP) && comes(Frame.BROADCAST) && comes(STRANGER)).isTrue();
    assertThat(rig.comes(tagged(STRANGER, OTHER, 9, 100))).isTrue();
    mode(VIRTIO_NET_CTRL_RX_PROMISC, OFF);
    assertThat(comes(STRANGER)).isFalse();
  }

  @Test
  @Clause("Packet Receive Filtering")
  void wholeKindsComeOrStayAway() {
    mode(VIRTIO_NET_CTRL_RX_ALLMULTI, ON);
    assertThat(comes(GROUP)).isTrue();
    assertThat(comes(STRANGER)).isFalse();
    mode(VIRTIO_NET_CTRL_RX_NOMULTI, ON);
    assertThat(comes(GROUP)).as("against ALLMULTI").isFalse();
    assertThat(comes(Frame.BROADCAST)).isTrue();
    mode(VIRTIO_NET_CTRL_RX_ALLUNI, ON);
    assertThat(comes(STRANGER)).isTrue();
    mode(VIRTIO_NET_CTRL_RX_NOUNI, ON);
    assertThat(comes(STRANGER) || comes(MAC)).as("against ALLUNI").isFalse();
    mode(VIRTIO_NET_CTRL_RX_NOBCAST, ON);
    assertThat(comes(Frame.BROADCAST)).isFalse();
  }

  @Test
  @Clause("Setting MAC Address Filtering")
  void theTablesLetTheirAddressesThrough() {
    assertThat(table(count(2), mac(STRANGER), mac(OTHER + 1), count(1), mac(GROUP))).isEqualTo(VIRTIO_NET_OK);
    assertThat(comes(STRANGER) && comes(GROUP) && comes(MAC)).isTrue();
    assertThat(comes(STRANGER + (1L << 24)) || comes(GROUP + (1L << 24))).isFalse();
    assertThat(table(count(0), count(0))).isEqualTo(VIRTIO_NET_OK);
    assertThat(comes(STRANGER) || comes(GROUP)).isFalse();
  }

  @Test
  @Clause("Setting MAC Address Filtering")
  void aTableLongerThanThereIsRoomForTakesItsWholeKind() {
    int most = ReceiveFilter.MOST_ADDRESSES;
    assertThat(table(count(most), many(most, STRANGER), count(most), many(most, GROUP))).isEqualTo(VIRTIO_NET_OK);
    assertThat(comes(STRANGER + ((long) most - 1 << 24))).isTrue();
    assertThat(comes(STRANGER + ((long) most << 24))).isFalse();
    assertThat(table(count(most + 1), many(most + 1, STRANGER), count(0))).isEqualTo(VIRTIO_NET_OK);
    assertThat(comes(STRANGER + ((long) most + 7 << 24))).isTrue();
    assertThat(comes(GROUP)).isFalse();
    assertThat(table(count(0), count(7000), many(7000, GROUP))).isEqualTo(VIRTIO_NET_OK);
    assertThat(comes(GROUP + (9000L << 24))).isTrue();
    assertThat(comes(STRANGER)).isFalse();
  }

  @Test
  @Clause("Setting MAC Address Filtering")
  void aTableThatIsNoneChangesNothing() {
    table(count(1), mac(STRANGER), count(0));
    assertThat(table(count(1), mac(STRANGER))).isEqualTo(VIRTIO_NET_ERR);
    assertThat(table(count(0), count(1))).isEqualTo(VIRTIO_NET_ERR);
    assertThat(table(count(0), count(0), count(0))).isEqualTo(VIRTIO_NET_ERR);
    assertThat(table(count(-1), count(0))).isEqualTo(VIRTIO_NET_ERR);
    assertThat(table(count(0), count(0x2AAAAAAB), mac(GROUP))).as("six times that is little more than an int").isEqualTo(VIRTIO_NET_ERR);
    assertThat(table(count(0))).isEqualTo(VIRTIO_NET_ERR);
    assertThat(table()).isEqualTo(VIRTIO_NET_ERR);
    assertThat(comes(STRANGER)).isTrue();
  }

  @Test
  @Clause("Setting MAC Address Filtering")
  void anotherAddressIsTheCardsUntilReset() {
    assertThat(rig.command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, mac(STRANGER))).isEqualTo(VIRTIO_NET_OK);
    assertThat(rig.card.read(VirtioNet.MAC)).isEqualTo(STRANGER);
    assertThat(comes(STRANGER)).isTrue();
    assertThat(comes(MAC)).isFalse();
    for (byte[] bad : new byte[][] {mac(0), mac(GROUP), new byte[5], new byte[7], {}}) {
      assertThat(rig.command(VIRTIO_NET_CTRL_MAC, VIRTIO_NET_CTRL_MAC_ADDR_SET, bad)).isEqualTo(VIRTIO_NET_ERR);
    }
    rig.card.stop();
    assertThat(rig.card.read(VirtioNet.MAC)).isEqualTo(MAC);
  }

  @Test
  @Trap("T29")
  @Clause("VLAN Filtering")
  void taggedFramesNeedTheirVlan() {
    assertThat(rig.comes(tagged(MAC, OTHER, 9, 100))).isFalse();
    assertThat(rig.command(VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD, (byte) 9, (byte) 0)).isEqualTo(VIRTIO_NET_OK);
    assertThat(rig.command(VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD, (byte) 0xFF, (byte) 0x0F)).isEqualTo(VIRTIO_NET_OK);
    assertThat(rig.comes(tagged(MAC, OTHER, 9, 100)) && rig.comes(tagged(MAC, OTHER, 4095, 100))).isTrue();
    assertThat(rig.comes(tagged(MAC, OTHER, 8, 100)) || rig.comes(tagged(STRANGER, OTHER, 9, 100))).isFalse();
    assertThat(rig.command(VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_DEL, (byte) 9, (byte) 0)).isEqualTo(VIRTIO_NET_OK);
    assertThat(rig.comes(tagged(MAC, OTHER, 9, 100))).isFalse();
    assertThat(rig.command(VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD, (byte) 0, (byte) 0x10)).isEqualTo(VIRTIO_NET_ERR);
  }

  @Test
  @Clause("VLAN Filtering")
  void withoutTheFeatureAllTagsPass() {
    rig.card.stop();
    rig.start(rig.card.offered().without(VIRTIO_NET_F_CTRL_VLAN));
    assertThat(rig.comes(tagged(MAC, OTHER, 9, 100))).isTrue();
  }

  @Test
  @Clause("Setting MAC Address Filtering")
  void aResetClearsIt() {
    mode(VIRTIO_NET_CTRL_RX_PROMISC, ON);
    mode(VIRTIO_NET_CTRL_RX_NOBCAST, ON);
    table(count(1), mac(STRANGER), count(70), many(70, GROUP));
    rig.command(VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_VLAN_ADD, (byte) 9, (byte) 0);
    rig.card.stop();
    rig.start(rig.card.offered());
    beginsWithItsOwnAddressAndBroadcasts();
    assertThat(rig.comes(tagged(MAC, OTHER, 9, 100))).isFalse();
  }

  @Test
  @Clause("Gratuitous Packet Sending")
  void theDriverIsAskedToAnnounceItselfUntilItHasHeard() {
    rig.card.announce();
    assertThat(rig.told).isEqualTo(1);
    assertThat(rig.card.read(STATUS)).isEqualTo(VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE);
    assertThat(rig.command(VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK, ON)).isEqualTo(VIRTIO_NET_ERR);
    assertThat(rig.card.read(STATUS)).isEqualTo(VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE);
    assertThat(rig.command(VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK)).isEqualTo(VIRTIO_NET_OK);
    assertThat(rig.card.read(STATUS)).isEqualTo(VIRTIO_NET_S_LINK_UP);

    rig.card.stop();
    rig.start(Features.of(VIRTIO_NET_F_STATUS, VIRTIO_NET_F_CTRL_VQ));
    rig.card.announce();
    assertThat(rig.card.read(STATUS)).as("a driver that cannot is not asked").isEqualTo(VIRTIO_NET_S_LINK_UP);
  }

  /** What it says that it has heard is the first: it may have announced itself before the second. */
  @Test
  @Clause("Gratuitous Packet Sending")
  void whoIsAskedAgainBeforeItHasHeardAnnouncesItselfTwice() {
    rig.card.announce();
    rig.card.announce();
    assertThat(rig.told).isEqualTo(2);
    assertThat(rig.command(VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK)).isEqualTo(VIRTIO_NET_OK);
    assertThat(rig.card.read(STATUS)).isEqualTo(VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE);
    assertThat(rig.told).isEqualTo(3);
    assertThat(rig.command(VIRTIO_NET_CTRL_ANNOUNCE, VIRTIO_NET_CTRL_ANNOUNCE_ACK)).isEqualTo(VIRTIO_NET_OK);
    assertThat(rig.card.read(STATUS)).isEqualTo(VIRTIO_NET_S_LINK_UP);
    assertThat(rig.told).isEqualTo(3);
    rig.card.announce();
    rig.card.announce();
    rig.card.stop();
    rig.start(rig.card.offered());
    assertThat(rig.card.read(STATUS)).isEqualTo(VIRTIO_NET_S_LINK_UP);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0, 1", "0, 2", "0, 5", "1, 0", "1, 1", "2, 0", "3, 0"})
  @Trap("T13")
  void aCommandWhoseFeatureWasNotAcceptedIsRefused(int type, int command) {
    rig.card.stop();
    rig.start(VIRTIO_NET_F_CTRL_VQ);
    for (int length : new int[] {0, 1, 2, 6, 8}) {
      assertThat(rig.command(type, command, new byte[length])).isEqualTo(VIRTIO_NET_ERR);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 6", "0, 255", "1, 2", "2, 2", "3, 1", "4, 0", "5, 0", "6, 0", "255, 255"})
  void aCommandThatThereIsNotIsRefused(int type, int command) {
    for (int length : new int[] {0, 1, 2, 6, 8, 1000}) {
      assertThat(rig.command(type, command, new byte[length])).isEqualTo(VIRTIO_NET_ERR);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 0", "0, 0, 2", "0, 0, 3", "2, 0, 0", "2, 0, 1", "2, 0, 3"})
  void aCommandOfAnotherLengthIsRefused(int type, int command, int length) {
    assertThat(rig.command(type, command, new byte[length])).isEqualTo(VIRTIO_NET_ERR);
  }

  @Test
  void neitherZeroNorOneIsNoAnswerToWhether() {
    assertThat(rig.command(VIRTIO_NET_CTRL_RX, VIRTIO_NET_CTRL_RX_PROMISC, (byte) 2)).isEqualTo(VIRTIO_NET_ERR);
    assertThat(comes(STRANGER)).isFalse();
  }

  @Test
  void halfACommandIsAnsweredAndOneWithoutRoomForAnAnswerIsNotDone() {
    int at = rig.place();
    rig.control.offer(new Chain(2).readable(rig.memory, at, 1).writable(rig.memory, at + 100, 1));
    rig.control.offer(new Chain(1).writable(rig.memory, at + 200, 4));
    rig.card.available(rig.control);
    assertThat(rig.at(at + 100, 1)[0]).isEqualTo((byte) VIRTIO_NET_ERR);
    assertThat(rig.at(at + 200, 4)).containsExactly(VIRTIO_NET_ERR, CardRig.UNTOUCHED, CardRig.UNTOUCHED, CardRig.UNTOUCHED);
    rig.bytes.asSlice(at, 3).copyFrom(MemorySegment.ofArray(new byte[] {0, 0, 1}));
    rig.control.offer(new Chain(1).readable(rig.memory, at, 3));
    rig.card.available(rig.control);
    assertThat(rig.control.used()).hasSize(3);
    assertThat(comes(STRANGER)).isFalse();
  }
}
