package virtio.device.net;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.device.net.CardRig.frame;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who gets which frame, and how long what was learned is held true. */
class LearningSwitchTest {
  private static final long A = 0x0A00_0000_0002L;
  private static final long B = 0x0B00_0000_0002L;
  private static final long C = 0x0C00_0000_0002L;
  private static final long GROUP = 0x0100_5E00_0001L;

  private int now = Integer.MAX_VALUE - 100;
  private final LearningSwitch lan = new LearningSwitch("s0", () -> now);
  private final List<CardRig.Station> stations = new ArrayList<>();

  @BeforeEach
  void join() {
    for (String name : List.of("a", "b", "c")) {
      CardRig.Station station = new CardRig.Station(name);
      stations.add(station);
      assertThat(lan.join(station.port)).isTrue();
    }
  }

  /** Who received it: {@code "bc"}. */
  private String send(int sender, long to, long from) {
    byte[] frame = frame(to, from, 60);
    stations.get(sender).send(frame);
    StringBuilder who = new StringBuilder();
    for (CardRig.Station station : stations) {
      for (byte[] received : station.received()) {
        assertThat(received).isEqualTo(frame);
        who.append(station.port.name());
      }
    }
    return who.toString();
  }

  @Test
  void unknownStationsAndGroupsAreEverybodys() {
    assertThat(send(0, B, A)).isEqualTo("bc");
    assertThat(send(0, Frame.BROADCAST, A)).isEqualTo("bc");
    assertThat(send(1, GROUP, B)).isEqualTo("ac");
  }

  @Test
  void knownStationsGetTheirOwn() {
    send(0, B, A);
    assertThat(send(1, A, B)).isEqualTo("a");
    assertThat(send(0, B, A)).isEqualTo("b");
    assertThat(send(2, B, C)).isEqualTo("b");
    assertThat(lan.port(C)).isSameAs(stations.get(2).port);
  }

  @Test
  void nothingGoesBackWhereItCameFrom() {
    send(0, B, A);
    send(0, A, B);   // both behind one port
    assertThat(send(0, B, A)).isEmpty();
    assertThat(send(0, A, A)).isEmpty();
  }

  @Test
  void whoMovesIsFollowed() {
    send(0, B, A);
    assertThat(send(1, A, B)).isEqualTo("a");
    send(2, B, A);
    assertThat(send(1, A, B)).isEqualTo("c");
  }

  @Test
  void whoIsSilentIsForgotten() {
    send(0, B, A);
    now += MacTable.AGEING;
    assertThat(send(1, A, B)).isEqualTo("a");
    now += 1;
    assertThat(send(1, A, B)).isEqualTo("ac");
    assertThat(lan.stations()).isEqualTo(1);
    send(0, B, A);
    assertThat(send(1, A, B)).isEqualTo("a");
  }

  @Test
  void aSourceThatIsNoStationIsNotLearned() {
    send(0, B, GROUP);
    send(0, B, 0);
    assertThat(lan.stations()).isZero();
    assertThat(send(1, GROUP, B)).isEqualTo("ac");
  }

  @Test
  void whoLeavesIsForgottenAndTheNextOneIsSomebodyElse() {
    send(0, B, A);
    lan.leave(stations.get(0).port);
    lan.leave(stations.get(0).port);
    assertThat(lan.port(A)).isNull();
    assertThat(send(1, A, B)).isEqualTo("c");
    stations.get(0).send(frame(B, A, 60));
    assertThat(lan.stations()).as("who has left is not heard").isEqualTo(1);
    assertThat(lan.join(stations.get(0).port)).isTrue();
    assertThat(send(1, A, B)).isEqualTo("ac");
  }

  @Test
  void thereAreSoManyPortsAndNoMore() {
    List<SwitchPort> more = new ArrayList<>();
    while (lan.ports().size() < LearningSwitch.MOST_PORTS) {
      SwitchPort port = new SwitchPort("p", 64, () -> { });
      assertThat(lan.join(port)).isTrue();
      more.add(port);
    }
    assertThat(lan.join(new SwitchPort("p", 64, () -> { }))).isFalse();
    lan.leave(more.getFirst());
    assertThat(lan.join(new SwitchPort("p", 64, () -> { }))).isTrue();
  }

  @Test
  void aFloodOfSourcesTakesNoMoreRoomAndNothingStops() {
    send(1, A, B);
    for (int i = 0; i < 100_000; i++) {
      now += i % 100 == 0 ? 1 : 0;
      stations.get(0).out.whole(60);
      stations.get(0).send(frame(B, 0x0000_0000_0002L + ((long) i << 16), 60));
      stations.get(1).received();
      if (i % 1000 == 0) {
        send(1, A, B);
      }
    }
    stations.get(2).received();
    assertThat(lan.stations()).isLessThanOrEqualTo(4096);
    assertThat(send(2, B, C)).as("who is heard stays known").isEqualTo("b");
  }

  @Test
  void aPortThatIsFullDropsAndCounts() {
    for (int i = 0; i < 2000; i++) {
      stations.get(0).send(frame(Frame.BROADCAST, A, 60));
    }
    int held = stations.get(1).received().size();
    assertThat(held).isPositive();
    assertThat(stations.get(1).port.dropped()).isEqualTo(2000 - held);
    assertThat(send(0, Frame.BROADCAST, A)).contains("b");
  }
}
