package virtio.net.port;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import virtio.bus.Combination;
import virtio.bus.port.PortProperties;
import virtio.bus.port.Publisher;
import virtio.net.Card;
import virtio.net.NetPort;
import virtio.net.NetworkDevice;
import virtio.net.NetworkInformation;
import virtio.testkit.Await;
import virtio.testkit.fake.FakeBus;

/** The real port between its users and cards that a test plays. */
@Timeout(60)
abstract class PortRig {
  static final Duration LIMIT = Duration.ofSeconds(20);

  final FakeBus<NetPort, FakeCard> bus = new FakeBus<>();
  final List<String> events = new CopyOnWriteArrayList<>();
  final Control control = new Control(bus, new Publisher() {
    @Override
    public void online(String combination) {
      events.add("online " + combination);
    }

    @Override
    public void offline() {
      events.add("offline");
    }
  }, "net0");
  final NetworkDevice card = new ServedCard(control);

  @AfterEach
  void stop() {
    assertThat(control.stop(LIMIT.toNanos())).isTrue();
  }

  static Combination combination(String name) {
    return new Combination(null, null, null, null, Map.of("virtio.glue", name));
  }

  final void configure(Object... pairs) {
    Map<String, Object> properties = new HashMap<>(Map.of("name", "net0", "grace", "20000"));
    for (int i = 0; i < pairs.length; i += 2) {
      properties.put((String) pairs[i], pairs[i + 1]);
    }
    control.configure("virtio.glue=a", control.take(Settings.of(new PortProperties(properties))), null);
  }

  /** A first card, and the port on it. */
  final FakeCard begin(Object... pairs) {
    return begin(new FakeCard("fake m0/0"), pairs);
  }

  final FakeCard begin(FakeCard first, Object... pairs) {
    bus.next(first);
    configure(pairs);
    control.listeners().add(new NetworkDevice.Listener() {
      @Override
      public void link(boolean up) {
        events.add("link " + up);
      }

      @Override
      public void changed(NetworkInformation information) {
        events.add("changed");
      }

      @Override
      public void announce() {
        events.add("announce");
      }

      @Override
      public void room() {
        events.add("room");
      }

      @Override
      public void held(String why) {
        events.add("held: " + why);
      }

      @Override
      public void resumed() {
        events.add("resumed");
      }

      @Override
      public void lost(String why) {
        events.add("lost: " + why);
      }
    });
    control.want(combination("a"));
    control.start();
    await(control::online);
    awaitEvents("online a");
    events.clear();
    return first;
  }

  /** Another combination, with that card. */
  final void exchange(FakeCard other, String glue) {
    bus.next(other);
    control.want(combination(glue));
    await(() -> control.traffic().serving() == other && control.online());
  }

  static void await(BooleanSupplier condition) {
    assertThat(Await.that(LIMIT, condition)).isTrue();
  }

  final void awaitEvents(String... all) {
    assertThat(Await.that(LIMIT, () -> events.equals(List.of(all)))).as(events + " " + control.state()).isTrue();
  }

  final Card serving() {
    return control.traffic().serving();
  }

  static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i + length);
    }
    return bytes;
  }
}
