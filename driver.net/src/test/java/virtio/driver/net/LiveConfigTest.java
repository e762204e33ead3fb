package virtio.driver.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static virtio.bus.spec.VirtioNet.*;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.net.NetworkInformation.Duplex;
import virtio.testkit.Clause;
import virtio.testkit.Shows;

/** What the device says of itself. */
@Clause("Device configuration layout")
class LiveConfigTest extends CardTest {
  private static final long ADDRESS = 0x060504030202L;

  @Test
  void aDeviceThatSaysNothingHasAnAddressMadeUpALinkAndAnMtu() {
    bind(new ScriptedCard(8));
    assertThat(card.information().chosen()).isTrue();
    assertThat(card.information().mac().group()).isFalse();
    assertThat(card.information().mac().octet(0) & 2).as("local").isEqualTo(2);
    assertThat(card.information().linkUp()).isTrue();
    assertThat(card.information().mtu()).isEqualTo(1500);
    assertThat(card.information().speed()).isEqualTo(-1);
    assertThat(card.information().duplex()).isEqualTo(Duplex.UNKNOWN);
  }

  @Test
  void aDeviceThatSaysIsBelieved() {
    bind(new ScriptedCard(8).with(MAC, ADDRESS).with(STATUS, 0).with(MTU, 9000).with(SPEED, 10_000).with(DUPLEX, 1));
    assertThat(card.information().chosen()).isFalse();
    assertThat(card.information().mac()).hasToString("02:02:03:04:05:06");
    assertThat(card.information().linkUp()).isFalse();
    assertThat(card.information().mtu()).isEqualTo(9000);
    assertThat(card.information().speed()).isEqualTo(10_000);
    assertThat(card.information().duplex()).isEqualTo(Duplex.FULL);
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 0, HALF", "2147483647, 1, 2147483647, FULL", "2147483648, 2, -1, UNKNOWN", "4294967295, 255, -1, UNKNOWN"})
  void speedAndDuplexMayBeUnknown(long speed, long duplex, long seen, Duplex seenDuplex) {
    bind(new ScriptedCard(8).with(SPEED, speed).with(DUPLEX, duplex));
    assertThat(card.information().speed()).isEqualTo(seen);
    assertThat(card.information().duplex()).isEqualTo(seenDuplex);
  }

  @Test
  void whatCannotBeIsNamed() {
    assertThatThrownBy(() -> bind(new ScriptedCard(8).with(MTU, 67))).isInstanceOf(IllegalStateException.class)
        .hasMessage("mtu=67 (at least 68)");
    assertThatThrownBy(() -> bind(new ScriptedCard(8).with(MAC, 1))).isInstanceOf(IllegalStateException.class)
        .hasMessage("mac=01:00:00:00:00:00 (one card's)");
    bind(new ScriptedCard(8).with(MTU, 68));
    assertThat(card.information().mtu()).isEqualTo(68);
  }

  @Test
  @Shows("F30")
  void theLinkIsFollowed() {
    bind(new ScriptedCard(8).with(STATUS, 1));
    attached.configChanged();
    assertThat(port.events).as("nothing is new").isEmpty();
    device.with(STATUS, 0);
    attached.configChanged();
    assertThat(port.events).containsExactly("changed");
    assertThat(card.information().linkUp()).isFalse();
  }

  @Test
  @Clause("Gratuitous Packet Sending")
  void theWishForAnAnnouncementIsToldAgain() {
    bind(new ScriptedCard(8).with(STATUS, 1).with(VIRTIO_NET_F_CTRL_VQ, VIRTIO_NET_F_GUEST_ANNOUNCE));
    device.with(STATUS, 3);
    attached.configChanged();
    attached.configChanged();
    assertThat(port.events).containsExactly("changed", "changed");
    device.with(STATUS, 1);
    attached.configChanged();
    assertThat(card.information().announce()).isFalse();
  }

  @Test
  void theMtuStaysWhatBuffersWereMadeFor() {
    bind(new ScriptedCard(8).with(MTU, 1500));
    device.with(MTU, 9000);
    attached.configChanged();
    assertThat(card.information().mtu()).isEqualTo(1500);
  }
}
