package virtio.net.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.Failure;
import virtio.net.Card.Answer;
import virtio.net.MacAddress;
import virtio.net.NetworkException;
import virtio.net.ReceiveMode;
import virtio.testkit.LogLines;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** What users and the configuration ask of a card: what it is told, what it refuses, what the next one is told again. */
class WishesTest extends PortRig {
  private static final MacAddress MINE = MacAddress.of("02:00:00:00:77:01");
  private static final MacAddress GROUP = MacAddress.of("01:00:5e:00:00:01");

  @Test
  @Shows({"F28", "F29"})
  void whatIsSetGoesToTheCardWithTheDeadline() throws IOException {
    FakeCard first = begin("deadline", "1234");
    first.commands.clear();
    card.mode(ReceiveMode.ALL_MULTICAST, true);
    card.mode(ReceiveMode.NO_UNICAST, true);
    card.mode(ReceiveMode.NO_UNICAST, false);
    card.macTable(List.of(MINE), List.of(GROUP));
    card.vlan(0, true);
    card.vlan(4095, false);
    card.mac(MINE);
    card.pairs(1);
    assertThat(first.commands).containsExactly("ALL_MULTICAST=true", "NO_UNICAST=true", "NO_UNICAST=false",
        "table [" + MINE + "][" + GROUP + "]", "vlan 0=true", "vlan 4095=false", "mac=" + MINE, "pairs=1");
    assertThat(first.nanos()).isEqualTo(1_234_000_000L);
    assertThat(card.modes()).containsExactly(ReceiveMode.ALL_MULTICAST);
    assertThat(card.mac()).isEqualTo(MINE);
    awaitEvents("changed");
  }

  @Test
  void whatCannotBeIsRefusedByItsNameAndNothingIsSent() {
    FakeCard first = begin(new FakeCard("fake m0/0").pairs(4));
    first.commands.clear();
    assertThatThrownBy(() -> card.vlan(-1, true)).isInstanceOf(IllegalArgumentException.class).hasMessage("id=-1 (0 to 4095)");
    assertThatThrownBy(() -> card.vlan(4096, true)).isInstanceOf(IllegalArgumentException.class).hasMessage("id=4096 (0 to 4095)");
    assertThatThrownBy(() -> card.mac(GROUP)).isInstanceOf(IllegalArgumentException.class).hasMessage("mac=" + GROUP + " (one card's)");
    assertThatThrownBy(() -> card.mac(new MacAddress(0))).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> card.pairs(0)).isInstanceOf(IllegalArgumentException.class).hasMessage("pairs=0 (1 to 4)");
    assertThatThrownBy(() -> card.pairs(5)).isInstanceOf(IllegalArgumentException.class).hasMessage("pairs=5 (1 to 4)");
    assertThatThrownBy(() -> card.macTable(List.of(GROUP), List.of())).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("unicast=[" + GROUP + "] multicast=[] (one card's each; groups')");
    assertThatThrownBy(() -> card.macTable(List.of(), List.of(MINE))).isInstanceOf(IllegalArgumentException.class);
    assertThat(first.commands).isEmpty();
  }

  @Test
  void whatTheCardDoesNotTakeIsSaidAndWhatWasSetBeforeStays() throws IOException {
    FakeCard first = begin();
    card.mode(ReceiveMode.PROMISCUOUS, true);
    first.answers(Answer.REFUSED);
    assertThatThrownBy(() -> card.mode(ReceiveMode.PROMISCUOUS, false)).isInstanceOf(NetworkException.class)
        .hasMessage("net0: PROMISCUOUS=false: refused by the device");
    first.answers(Answer.UNSUPPORTED);
    assertThatThrownBy(() -> card.vlan(1, true)).isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("net0: VLAN 1=true: the device cannot");
    first.answers(Answer.SILENT);
    assertThatThrownBy(() -> card.mac(MINE)).isInstanceOf(NetworkException.class).hasMessage("net0: mac=" + MINE + ": no answer");
    first.answers(Answer.DOWN);
    assertThatThrownBy(() -> card.macTable(List.of(), List.of())).isInstanceOf(NetworkException.class)
        .hasMessage("net0: MAC table of 0 and 0: the device has gone meanwhile");
    assertThat(card.modes()).containsExactly(ReceiveMode.PROMISCUOUS);
    assertThat(card.mac()).hasToString("02:00:00:00:00:01");
    first.fail(Failure.Kind.DEVICE_GONE);
    assertThatThrownBy(() -> card.pairs(1)).isInstanceOf(NetworkException.class).hasMessage("net0: pairs=1: no device now");
  }

  @Test
  @Trap("T29")
  void theNextCardIsToldAllOfItInOrderPairsLast() throws IOException {
    begin(new FakeCard("fake m0/0").pairs(4));
    card.pairs(2);
    card.vlan(9, true);
    card.vlan(7, true);
    card.vlan(9, false);
    card.macTable(List.of(MINE), List.of(GROUP));
    card.mode(ReceiveMode.NO_BROADCAST, true);
    card.mac(MINE);
    FakeCard second = new FakeCard("fake m1/0").pairs(4);
    exchange(second, "b");
    assertThat(second.commands).containsExactly("mac=" + MINE, "PROMISCUOUS=false", "NO_BROADCAST=true",
        "table [" + MINE + "][" + GROUP + "]", "vlan 7=true", "pairs=2");
    FakeCard mine = new FakeCard("fake m2/0").mac(MINE.toString()).pairs(2);
    exchange(mine, "c");
    assertThat(mine.commands).as("its address is that already").doesNotContain("mac=" + MINE).endsWith("pairs=2");
  }

  @Test
  void whatTheNextCardCannotIsLoggedAndStaysAWish() throws IOException {
    begin(new FakeCard("fake m0/0").pairs(4));
    card.vlan(7, true);
    card.pairs(4);
    FakeCard less = new FakeCard("fake m1/0").answers(Answer.UNSUPPORTED);
    try (LogLines log = new LogLines("virtio.net")) {
      exchange(less, "b");
      assertThat(log.lines()).containsExactly("virtio.net net0: PROMISCUOUS=false was not taken by fake m1/0",
          "virtio.net net0: VLAN 7 was not taken by fake m1/0", "virtio.net net0: pairs=4 was not taken by fake m1/0");
    }
    FakeCard more = new FakeCard("fake m2/0").pairs(4);
    exchange(more, "c");
    assertThat(more.commands).containsExactly("PROMISCUOUS=false", "vlan 7=true", "pairs=4");
  }

  @Test
  void aDeviceWithoutAnAddressHasTheOneThatStaysWithThePort() {
    begin(new FakeCard("fake m0/0").chosen("02:00:00:00:00:aa"));
    assertThat(card.mac()).hasToString("02:00:00:00:00:aa");
    exchange(new FakeCard("fake m1/0").chosen("02:00:00:00:00:bb"), "b");
    assertThat(card.mac()).hasToString("02:00:00:00:00:aa");
    awaitEvents("held: another combination", "online b", "resumed", "announce", "room");
    exchange(new FakeCard("fake m2/0").mac("02:00:00:00:00:cc"), "c");
    assertThat(card.mac()).as("the device's goes before it").hasToString("02:00:00:00:00:cc");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAddressThatWasSetIsSetAgain(boolean chosen) throws IOException {
    FakeCard first = new FakeCard("fake m0/0");
    begin(chosen ? first.chosen("02:00:00:00:00:aa") : first);
    card.mac(MINE);
    FakeCard second = new FakeCard("fake m1/0");
    exchange(chosen ? second.chosen("02:00:00:00:00:bb") : second, "b");
    assertThat(second.commands).startsWith("mac=" + MINE);
    assertThat(card.mac()).isEqualTo(MINE);
  }

  @Test
  void theConfiguredAddressIsTheCardsAndTheUsersGoesBeforeIt() throws IOException {
    FakeCard first = begin("mac", MINE.toString());
    assertThat(first.commands).startsWith("mac=" + MINE);
    assertThat(card.mac()).isEqualTo(MINE);
    MacAddress users = MacAddress.of("02:00:00:00:77:02");
    card.mac(users);
    FakeCard second = new FakeCard("fake m1/0");
    exchange(second, "b");
    assertThat(second.commands).startsWith("mac=" + users);
    assertThat(card.mac()).isEqualTo(users);
  }

  @Test
  void aNewConfiguredAddressIsTheNextCards() {
    begin("mac", MINE.toString());
    configure("mac", "02:00:00:00:77:02");
    assertThat(card.mac()).as("what this one was told").isEqualTo(MINE);
    FakeCard second = new FakeCard("fake m1/0");
    exchange(second, "b");
    assertThat(second.commands).startsWith("mac=02:00:00:00:77:02");
    assertThat(card.mac()).hasToString("02:00:00:00:77:02");
    configure();
    exchange(new FakeCard("fake m2/0"), "c");
    assertThat(card.mac()).as("the device's, when nobody asks for another").hasToString("02:00:00:00:00:01");
  }

  @Test
  void aConfiguredAddressThatTheDeviceDoesNotTakeIsNotShown() {
    try (LogLines log = new LogLines("virtio.net")) {
      begin(new FakeCard("fake m0/0").answers(Answer.REFUSED), "mac", MINE.toString());
      assertThat(log.lines()).first().isEqualTo("virtio.net net0: mac=" + MINE + " was not taken by fake m0/0");
    }
    assertThat(card.mac()).hasToString("02:00:00:00:00:01");
  }
}
