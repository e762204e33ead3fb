package virtio.driver.net;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.bus.spec.VirtioNet.*;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.Features;
import virtio.net.Card.Answer;
import virtio.net.MacAddress;
import virtio.net.ReceiveMode;
import virtio.testkit.Clause;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** What the driver tells the device by commands. */
@Timeout(60)
class CommandsTest extends CardTest {
  private static final int[] ALL = {VIRTIO_NET_F_CTRL_VQ, VIRTIO_NET_F_CTRL_RX, VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_NET_F_CTRL_VLAN,
      VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_NET_F_GUEST_ANNOUNCE, VIRTIO_NET_F_STATUS};

  private ScriptedCard able() {
    return new ScriptedCard(8).with(ALL);
  }

  @Test
  @Shows({"F28", "F29"})
  @Clause("Packet Receive Filtering")
  void modesAreCommandsOfOneByte() {
    bind(able());
    for (ReceiveMode mode : ReceiveMode.values()) {
      assertThat(card.mode(mode, true, SECOND)).isEqualTo(Answer.OK);
    }
    assertThat(card.mode(ReceiveMode.PROMISCUOUS, false, SECOND)).isEqualTo(Answer.OK);
    assertThat(device.commands).containsExactly("000001", "000101", "000201", "000301", "000401", "000501", "000000");
  }

  @Test
  @Shows("F29")
  @Clause("Setting MAC Address Filtering")
  void addressesAreSentFirstByteFirst() {
    bind(able());
    assertThat(card.mac(MacAddress.of("02:00:00:00:00:09"), SECOND)).isEqualTo(Answer.OK);
    assertThat(card.macTable(List.of(MacAddress.of("02:00:00:00:00:01")),
        List.of(MacAddress.of("01:00:5e:00:00:01"), MacAddress.of("33:33:00:00:00:01")), SECOND)).isEqualTo(Answer.OK);
    assertThat(device.commands).containsExactly("0101020000000009",
        "0100" + "01000000" + "020000000001" + "02000000" + "01005e000001" + "333300000001");
  }

  @Test
  @Clause("VLAN Filtering")
  void vlansAreAddedAndTakenOut() {
    bind(able());
    assertThat(card.vlan(0x123, true, SECOND)).isEqualTo(Answer.OK);
    assertThat(card.vlan(0x123, false, SECOND)).isEqualTo(Answer.OK);
    assertThat(device.commands).containsExactly("02002301", "02012301");
  }

  @Test
  @Clause("Gratuitous Packet Sending")
  void anAnnouncementIsAcknowledged() {
    bind(able().with(STATUS, VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE));
    assertThat(card.information().announce()).isTrue();
    assertThat(card.announced(SECOND)).isEqualTo(Answer.OK);
    assertThat(device.commands).containsExactly("0300");
  }

  @Test
  @Clause({"Packet Receive Filtering", "Setting MAC Address Filtering", "VLAN Filtering"})
  void whatWasNotNegotiatedIsNotSent() {
    bind(new ScriptedCard(8).with(VIRTIO_NET_F_CTRL_VQ));
    assertThat(card.mode(ReceiveMode.PROMISCUOUS, true, SECOND)).isEqualTo(Answer.UNSUPPORTED);
    assertThat(card.macTable(List.of(), List.of(), SECOND)).isEqualTo(Answer.UNSUPPORTED);
    assertThat(card.mac(MacAddress.of("02:00:00:00:00:09"), SECOND)).isEqualTo(Answer.UNSUPPORTED);
    assertThat(card.vlan(1, true, SECOND)).isEqualTo(Answer.UNSUPPORTED);
    assertThat(card.announced(SECOND)).isEqualTo(Answer.UNSUPPORTED);
    bind(new ScriptedCard(8).with(VIRTIO_NET_F_CTRL_VQ, VIRTIO_NET_F_CTRL_RX));
    assertThat(card.mode(ReceiveMode.NO_BROADCAST, true, SECOND)).isEqualTo(Answer.UNSUPPORTED);
    assertThat(device.commands).isEmpty();
    bind(new ScriptedCard(8));
    assertThat(device.made(CONTROLQ)).isNull();
  }

  @Test
  @Trap("T13")
  @Clause("Feature bit requirements")
  void withoutAControlQueueAllThatItCarriesGoes() {
    NetDriver driver = new NetDriver();
    Features left = driver.features().without(VIRTIO_NET_F_CTRL_VQ).closed(driver.requires());
    for (int bit : new int[] {VIRTIO_NET_F_CTRL_RX, VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_NET_F_CTRL_VLAN, VIRTIO_NET_F_GUEST_ANNOUNCE,
        VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_NET_F_MQ}) {
      assertThat(left.has(bit)).as("bit " + bit).isFalse();
    }
    assertThat(left.has(VIRTIO_NET_F_STATUS)).isTrue();
  }

  @Test
  void aRefusalIsReported() {
    bind(able().acks(VIRTIO_NET_ERR));
    assertThat(card.mode(ReceiveMode.PROMISCUOUS, true, SECOND)).isEqualTo(Answer.REFUSED);
    device.acks(VIRTIO_NET_OK);
    assertThat(card.mode(ReceiveMode.PROMISCUOUS, true, SECOND)).isEqualTo(Answer.OK);
  }

  @Test
  void silenceIsADeviceThatNeedsResetAndIsToldOnce() {
    bind(able().acks(-1));
    assertThat(card.mode(ReceiveMode.PROMISCUOUS, true, 1_000_000)).isEqualTo(Answer.SILENT);
    assertThat(card.vlan(5, true, 1_000_000)).isEqualTo(Answer.SILENT);
    assertThat(device.commands).as("the first one is the device's still").hasSize(1);
    assertThat(port.events).containsExactly("device needs reset: control queue silent: class 0 command 0");
    attached.remove();
    assertThat(device.live()).isZero();
    assertThat(card.vlan(5, true, 1_000_000)).isEqualTo(Answer.DOWN);
  }

  @Test
  @Trap("T29")
  void moreThanOnePairTakesMoreThanThereIs() {
    bind(able());
    assertThat(card.information().maxPairs()).isEqualTo(1);
    assertThat(card.pairs(1, SECOND)).isEqualTo(Answer.OK);
    assertThat(card.pairs(2, SECOND)).isEqualTo(Answer.UNSUPPORTED);
    assertThat(device.commands).isEmpty();
  }

  @Test
  void aTableBeyondWhatACommandHoldsIsRefused() {
    bind(able());
    List<MacAddress> many = LongStream.range(0, Commands.MOST_ADDRESSES + 1).mapToObj(i -> new MacAddress(i << 8 | 2)).toList();
    assertThat(card.macTable(many, List.of(), SECOND)).isEqualTo(Answer.REFUSED);
    assertThat(card.macTable(many.subList(1, many.size()), List.of(), SECOND)).isEqualTo(Answer.OK);
  }
}
