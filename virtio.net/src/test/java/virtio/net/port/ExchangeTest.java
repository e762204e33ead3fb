package virtio.net.port;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import virtio.bus.Failure;
import virtio.net.Card.Answer;
import virtio.net.Frame;
import virtio.net.MacAddress;
import virtio.net.NetworkDevice;
import virtio.net.ReceiveMode;
import virtio.net.Sent;
import virtio.testkit.Clause;
import virtio.testkit.LogLines;
import virtio.testkit.Shows;

/** What users see when a card comes, changes, goes, and another follows it. */
class ExchangeTest extends PortRig {
  @Test
  @Shows("F05")
  void anExchangeGoesByWithNothingButAnAnnouncement() {
    FakeCard first = begin();
    card.send(bytes(60));
    FakeCard second = new FakeCard("fake m1/0");
    exchange(second, "b");
    awaitEvents("held: another combination", "online b", "resumed", "announce", "room");
    assertThat(card.send(bytes(61))).isEqualTo(Sent.ACCEPTED);
    assertThat(second.sent()).as("what was in flight is not sent again").containsExactly(FakeCard.text(bytes(61)));
    assertThat(first.sent()).containsExactly(FakeCard.text(bytes(60)));
    assertThat(card.counters().sent()).isEqualTo(2);
    assertThat(card.counters().sentBytes()).isEqualTo(121);
    assertThat(card.counters().lost()).isEqualTo(1);
    assertThat(control.state()).startsWith("online");
  }

  @Test
  void framesInFlightAreNotWaitedFor() {
    begin("drain", "600000");
    card.send(bytes(60));
    exchange(new FakeCard("fake m1/0"), "b");
    assertThat(bus.attachments()).isEqualTo(2);
  }

  @Test
  void anotherMtuIsALinkThatWentAndCame() {
    begin();
    exchange(new FakeCard("fake m1/0").says(9000, true, false), "b");
    awaitEvents("held: another combination", "online b", "resumed", "link false", "link true", "announce", "room", "changed");
    assertThat(card.mtu()).isEqualTo(9000);
  }

  @Test
  void anotherAddressIsALinkThatWentAndCame() {
    begin();
    exchange(new FakeCard("fake m1/0").mac("02:00:00:00:00:99"), "b");
    awaitEvents("held: another combination", "online b", "resumed", "link false", "link true", "announce", "room", "changed");
    assertThat(card.mac()).hasToString("02:00:00:00:00:99");
  }

  @Test
  void aLongPauseIsALinkThatWentAndCame() {
    FakeCard first = begin();
    first.fail(Failure.Kind.DEVICE_NEEDS_RESET);
    await(() -> bus.attachments() == 2);
    assertThat(card.linkUp()).isFalse();
    long end = System.nanoTime() + 1_100_000_000;
    await(() -> System.nanoTime() - end > 0);
    bus.appears(new FakeCard("fake m0/0"));
    awaitEvents("held: device needs reset: test", "online a", "resumed", "link false", "link true", "announce", "room");
  }

  @Test
  void aLinkThatWasDownStaysDown() {
    begin(new FakeCard("fake m0/0").says(1500, false, false));
    exchange(new FakeCard("fake m1/0").says(9000, false, false), "b");
    awaitEvents("held: another combination", "online b", "resumed", "announce", "room", "changed");
    assertThat(card.linkUp()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(value = Failure.Kind.class, names = {"RING_BROKEN", "DEVICE_NEEDS_RESET"})
  void aFaultIsAResetAndUsersGoOn(Failure.Kind kind) {
    FakeCard first = begin();
    bus.next(new FakeCard("fake m0/0"));
    first.fail(kind);
    await(() -> serving() != null && serving() != first);
    assertThat(card.send(bytes(60))).isEqualTo(Sent.ACCEPTED);
    await(() -> events.contains("resumed"));
    assertThat(events).doesNotContain("offline");
  }

  @Test
  void threeFaultsWithinAMinuteEndThePort() {
    FakeCard now = begin();
    for (int i = 0; i < 2; i++) {
      FakeCard next = new FakeCard("fake m0/0");
      bus.next(next);
      now.fail(Failure.Kind.DEVICE_NEEDS_RESET);
      await(() -> serving() == next);
      now = next;
    }
    now.fail(Failure.Kind.DEVICE_NEEDS_RESET);
    await(() -> events.contains("offline"));
    assertThat(events).containsSubsequence("lost: device needs reset: test", "offline");
    assertThat(control.state()).startsWith("failed: device needs reset: test (3 faults within 60 s");
    assertThat(card.send(bytes(60))).isEqualTo(Sent.NO_DEVICE);
  }

  @Test
  void aCardThatHasGoneTakesTheServiceWithItAndTheNextBeginsAnew() throws Exception {
    FakeCard first = begin();
    card.mode(ReceiveMode.PROMISCUOUS, true);
    card.mac(MacAddress.of("02:00:00:00:77:01"));
    await(() -> events.remove("changed"));
    first.fail(Failure.Kind.DEVICE_GONE);
    awaitEvents("held: device gone: test", "lost: device gone: test", "offline");
    assertThat(card.linkUp()).isFalse();
    assertThat(card.information()).as("of the last one").isSameAs(first.information());
    FakeCard second = new FakeCard("fake m0/1");
    bus.appears(second);
    await(control::online);
    assertThat(second.commands).as("nothing of the former card's").containsExactly("PROMISCUOUS=false");
    assertThat(card.modes()).isEmpty();
    assertThat(card.mac()).hasToString("02:00:00:00:00:01");
  }

  @Test
  void aCardThatIsTakenOutIsLetGo() {
    FakeCard first = begin();
    bus.asks();
    awaitEvents("held: its device is being taken out", "lost: its device is being taken out", "offline");
    assertThat(first.frame()).as("it is down").isNull();
  }

  @Test
  void noDeviceWithinTheGraceTimeIsTheEnd() {
    begin("grace", "50");
    control.want(null);
    awaitEvents("held: combination withdrawn", "lost: no device came back within 50 ms", "offline");
  }

  @Test
  void aPortThatIsClosedTellsItsUsersAndLetsGo() {
    FakeCard first = begin();
    Frame held = card.frame();
    card.send(bytes(60));
    first.neverStops();
    stop();
    awaitEvents("held: combination withdrawn", "lost: the port is closed", "offline");
    assertThat(card.send(held)).isEqualTo(Sent.NO_DEVICE);
    assertThat(card.counters().lost()).isEqualTo(1);
    held.length(60).release();
    assertThat(first.free()).as("the frame on its way came back with the reset").isEqualTo(FakeCard.FRAMES);
  }

  @Test
  @Shows("F30")
  void theLinkIsFollowed() {
    FakeCard first = begin();
    first.says(1500, false, false).changed();
    awaitEvents("link false");
    first.says(1500, false, false).changed();
    first.says(1500, true, false).changed();
    awaitEvents("link false", "link true");
    assertThat(card.linkUp()).isTrue();
    assertThat(card.information().speed()).isEqualTo(-1);
  }

  @Test
  @Clause("Gratuitous Packet Sending")
  void aWishForAnAnnouncementIsToldOnceAndAcknowledgedAfterwards() {
    FakeCard first = begin("deadline", "1234");
    first.commands.clear();
    first.says(1500, true, true).changed();
    await(() -> first.commands.equals(List.of("announced")));
    assertThat(events).containsExactly("announce");
    assertThat(first.nanos()).isEqualTo(1_234_000_000L);
    first.changed();
    first.says(1500, true, true).changed();
    awaitEvents("announce", "announce");
  }

  @Test
  void whatACardSaysAnewIsAnEvent() {
    FakeCard first = begin();
    first.says(1400, true, false).changed();
    awaitEvents("changed");
    assertThat(card.mtu()).isEqualTo(1400);
    first.pairs(4).changed();
    awaitEvents("changed", "changed");
  }

  @Test
  void aListenerThatFailsIsLoggedAndTheOthersAreTold() {
    FakeCard first = begin();
    try (LogLines log = new LogLines("virtio.net"); var failing = card.listen(new NetworkDevice.Listener() {
      @Override
      public void link(boolean up) {
        throw new IllegalStateException("a listener's");
      }
    }); var last = card.listen(new NetworkDevice.Listener() {
      @Override
      public void link(boolean up) {
        events.add("the last one: " + up);
      }
    })) {
      first.says(1500, false, false).changed();
      awaitEvents("link false", "the last one: false");
      assertThat(log.lines()).containsExactly("a listener failed");
    }
  }

  @Test
  void aCardThatIsSilentToWhatItsUsersHadSetIsReset() throws Exception {
    begin();
    card.vlan(7, true);
    FakeCard silent = new FakeCard("fake m1/0").answers(Answer.SILENT);
    FakeCard third = new FakeCard("fake m1/0");
    bus.next(silent).next(third);
    control.want(combination("b"));
    await(() -> serving() == third);
    assertThat(bus.attachments()).isEqualTo(3);
    assertThat(third.commands).containsExactly("PROMISCUOUS=false", "vlan 7=true");
  }

  @Test
  void aCardThatGoesWhileItIsBroughtUpIsNotServed() throws Exception {
    begin();
    FakeCard down = new FakeCard("fake m1/0").answers(Answer.DOWN);
    bus.next(down);
    control.want(combination("b"));
    await(() -> !down.commands.isEmpty());
    assertThat(serving()).isNull();
    bus.appears(new FakeCard("fake m1/0"));
    await(control::online);
  }
}
