package virtio.net.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.Combination;
import virtio.bus.Features;
import virtio.bus.Port;
import virtio.bus.port.PortProperties;
import virtio.net.MacAddress;
import virtio.net.NetPort;
import virtio.net.NetworkDevice;
import virtio.net.Sent;
import virtio.testkit.Await;
import virtio.testkit.LogLines;
import virtio.testkit.RegisteredServices;
import virtio.testkit.fake.FakeBus;

/** The component: its services, its configuration, and what it says of a bad one. */
@Timeout(60)
class ConfiguredPortTest {
  private final FakeBus<NetPort, FakeCard> bus = new FakeBus<>();
  private final RegisteredServices services = new RegisteredServices();
  private ConfiguredPort port;

  @AfterEach
  void end() {
    if (port != null) {
      port.deactivate();
    }
    assertThat(services.count()).isZero();
  }

  private static Map<String, Object> properties(Object... pairs) {
    Map<String, Object> properties = new HashMap<>(Map.of("name", "net0", "grace", "20000"));
    for (int i = 0; i < pairs.length; i += 2) {
      properties.put((String) pairs[i], pairs[i + 1]);
    }
    return properties;
  }

  private static Combination combination(String name) {
    return new Combination(null, null, null, null, Map.of("virtio.glue", name));
  }

  private void begin(Object... pairs) {
    port = new ConfiguredPort(services.context(), bus, properties(pairs));
  }

  private NetworkDevice card(String glue) {
    assertThat(Await.that(Duration.ofSeconds(20), () -> services.has(NetworkDevice.class)
        && glue.equals(services.property(NetworkDevice.class, "virtio.glue")))).as(port.state()).isTrue();
    return services.service(NetworkDevice.class);
  }

  @Test
  void theCardIsAServiceAsLongAsItIsServedAndSaysOverWhat() {
    begin();
    assertThat(services.service(Port.class).kind()).isEqualTo("net");
    assertThat(services.has(NetworkDevice.class)).isFalse();
    assertThat(port.size()).isEmpty();
    Combination one = combination("net.one");
    bus.next(new FakeCard("fake m0/0"));
    port.bindGlue(one);
    NetworkDevice card = card("net.one");
    assertThat(card.name()).isEqualTo("net0");
    assertThat(services.property(NetworkDevice.class, "virtio.port")).isEqualTo("net0");
    assertThat(port.size()).isEqualTo("02:00:00:00:00:01");
    assertThat(card).hasToString("net0 (" + port.state() + ")");
    bus.next(new FakeCard("fake m1/0"));
    port.bindGlue(combination("net.two"));
    port.unbindGlue(one);
    assertThat(card("net.two")).as("the same service").isSameAs(card);
    assertThat(card.send(new byte[60])).isEqualTo(Sent.ACCEPTED);
  }

  @Test
  void aBadConfigurationIsOneLineAndLeavesTheFormerOne() {
    begin();
    bus.next(new FakeCard("fake m0/0"));
    port.bindGlue(combination("net.one"));
    NetworkDevice card = card("net.one");
    try (LogLines log = new LogLines("virtio.net")) {
      port.modified(properties("queue.size", "3"));
      assertThat(log.lines()).containsExactly("virtio.net net0: queue.size=3 (0, or a power of two from 2 to 32768)");
    }
    assertThat(port.state()).endsWith("; misconfigured: queue.size=3 (0, or a power of two from 2 to 32768), the former settings stay");
    assertThat(bus.attachments()).isEqualTo(1);
    assertThat(card.send(new byte[60])).isEqualTo(Sent.ACCEPTED);
  }

  @Test
  void withoutAGoodConfigurationNothingIsAttached() {
    try (LogLines log = new LogLines("virtio.net")) {
      begin("mac", "nonsense");
      port.bindGlue(combination("net.one"));
      assertThat(port.state()).isEqualTo("misconfigured: mac=nonsense (six bytes, as in 02:00:00:00:00:01)");
      assertThat(log.lines()).containsExactly("virtio.net net0: mac=nonsense (six bytes, as in 02:00:00:00:00:01)");
      bus.next(new FakeCard("fake m0/0"));
      port.modified(properties("mac", "02:00:00:00:77:01", "queue.size", "16", "features.mask", "20"));
    }
    assertThat(card("net.one").mac()).isEqualTo(MacAddress.of("02:00:00:00:77:01"));
    assertThat(bus.settings().queueSize()).isEqualTo(16);
    assertThat(bus.settings().mask()).isEqualTo(Features.of(5));
    assertThat(bus.attachments()).isEqualTo(1);
  }

  @Test
  void anAddressAndDeadlinesChangeWithoutABinding() {
    begin();
    FakeCard first = new FakeCard("fake m0/0");
    bus.next(first);
    port.bindGlue(combination("net.one"));
    NetworkDevice card = card("net.one");
    port.modified(properties("mac", "02:00:00:00:77:01", "deadline", "77", "drain", "5", "grace", "6"));
    assertThat(card.send(new byte[60])).isEqualTo(Sent.ACCEPTED);
    assertThat(card.mac()).hasToString("02:00:00:00:00:01");
    first.changed();
    assertThat(bus.attachments()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "mac | 02:00:00:00:00 | mac=02:00:00:00:00 (six bytes, as in 02:00:00:00:00:01)",
      "mac | 02-00-00-00-00-01 | mac=02-00-00-00-00-01 (six bytes, as in 02:00:00:00:00:01)",
      "mac | 01:00:5e:00:00:01 | mac=01:00:5e:00:00:01 (one card's: the first byte even, and not all zero)",
      "mac | 00:00:00:00:00:00 | mac=00:00:00:00:00:00 (one card's: the first byte even, and not all zero)",
      "deadline | 0 | deadline=0 (1 to 600000)",
      "features.mask | x | features.mask=x (hexadecimal, up to 128 bits)",
      "device.filter | name=x | device.filter=name=x (an LDAP filter, as in (name=m0/0))"
  })
  void whatIsOutOfRangeIsNamed(String property, String value, String message) {
    assertThatThrownBy(() -> Settings.of(new PortProperties(properties(property, value)))).isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void anAddressIsTakenAsItIsWritten() {
    assertThat(Settings.of(new PortProperties(properties("mac", " 02:AB:cd:00:00:01 "))).mac()).hasToString("02:ab:cd:00:00:01");
    assertThat(Settings.of(new PortProperties(properties())).mac()).isNull();
  }
}
