package virtio.device.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static virtio.bus.spec.VirtioNet.*;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.core.VirtioBus;
import virtio.ring.split.SplitRing;
import virtio.testkit.Await;
import virtio.testkit.LogLines;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeMachine;
import virtio.testkit.fake.WindowConfig;

/** Configured cards on a machine, each with a driver that does the least, over the real bus and ring. */
@Timeout(120)
class ServedCardTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final FakeMachine machine = new FakeMachine("m0");
  private final VirtioBus bus = new VirtioBus();
  private final SplitRing ring = new SplitRing();
  private final WindowConfig config = new WindowConfig();
  private final Switches switches = new Switches();
  private final List<ServedCard> cards = new ArrayList<>();
  private final List<Bus.Attachment> attachments = new ArrayList<>();

  @BeforeEach
  void bricks() {
    bus.bindTransport(machine, Map.of("virtio.transport", "fake"));
    bus.bindRing(ring, Map.of("virtio.ring", "split"));
    bus.bindConfig(config, Map.of("virtio.config", "window"));
  }

  @AfterEach
  void end() throws Exception {
    attachments.forEach(Bus.Attachment::close);
    cards.forEach(ServedCard::close);
    assertThat(switches.of("s0")).as("nobody names it any more").isNull();
    bus.close();
    machine.close();
  }

  private static Map<String, Object> properties(Object... more) {
    Map<String, Object> properties = new HashMap<>(Map.of("name", "net0", "switch", "s0", "faces", "fake.split.window"));
    for (int i = 0; i < more.length; i += 2) {
      properties.put((String) more[i], more[i + 1]);
    }
    return properties;
  }

  private ServedCard card(Object... more) {
    ServedCard card = new ServedCard(bus, machine, switches, properties(more));
    cards.add(card);
    return card;
  }

  /** With a driver, on the next idle card. */
  private RawCardDriver.Port attach() {
    RawCardDriver.Port port = new RawCardDriver.Port();
    RawCardDriver driver = new RawCardDriver(VIRTIO_NET_F_MAC, VIRTIO_NET_F_STATUS, VIRTIO_NET_F_MTU, VIRTIO_NET_F_CTRL_VQ,
        VIRTIO_NET_F_GUEST_ANNOUNCE, VIRTIO_NET_F_SPEED_DUPLEX);
    Bus.Attachment attachment = bus.attach(new Combination(driver, machine, ring, config, Map.of("virtio.glue", "raw")),
        AttachmentSettings.of("port" + attachments.size()), port);
    attachments.add(attachment);
    assertThat(Await.that(LIMIT, () -> port.card != null)).as(attachment.state()).isTrue();
    return port;
  }

  private static byte[] next(RawCardDriver.Port port) throws InterruptedException {
    return port.received.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private static long mac(RawCardDriver.Port port) {
    return port.card.device().read(MAC);
  }

  @Test
  void twoCardsOnOneSwitchCarryFramesOfEverySizeBothWays() throws Exception {
    card("mac", "02:00:00:00:00:0a");
    RawCardDriver.Port one = attach();
    card("name", "net1");
    RawCardDriver.Port two = attach();
    assertThat(mac(one)).isEqualTo(0x0A00_0000_0002L);
    assertThat(mac(two) & 3).as("one of its own").isEqualTo(2);
    Thread back = Thread.ofPlatform().start(() -> sendAll(two, mac(two), mac(one)));
    sendAll(one, mac(one), mac(two));
    for (int length = ETHERNET; length <= ETHERNET + 1500; length++) {
      assertThat(next(two)).isEqualTo(CardRig.frame(mac(two), mac(one), length));
      assertThat(next(one)).isEqualTo(CardRig.frame(mac(one), mac(two), length));
    }
    back.join();
  }

  private static void sendAll(RawCardDriver.Port port, long from, long to) {
    for (int length = ETHERNET; length <= ETHERNET + 1500; length++) {
      byte[] frame = CardRig.frame(to, from, length);
      assertThat(Await.that(LIMIT, () -> port.card.send(frame))).isTrue();
      int sent = length - ETHERNET;
      assertThat(Await.that(LIMIT, () -> sent - port.received.size() < 500)).isTrue();   // no more than a port holds, or some are dropped
    }
  }

  @Test
  @Shows("F30")
  void theCableGoesOutAndInWhileADriverUsesTheCard() throws Exception {
    ServedCard card = card();
    RawCardDriver.Port port = attach();
    card.modified(properties("link", "down"));
    assertThat(port.statuses.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isZero();
    card.modified(properties("link", "up"));
    assertThat(port.statuses.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(VIRTIO_NET_S_LINK_UP);
    assertThat(port.card.device().read(SPEED)).isEqualTo(10_000);
    assertThat(attachments.getFirst().bound()).isTrue();
  }

  @Test
  void aCableThatMovesToAnotherSwitchAsksTheDriverToAnnounceItself() throws Exception {
    ServedCard card = card();
    RawCardDriver.Port port = attach();
    card("name", "net1", "switch", "s1");
    RawCardDriver.Port other = attach();
    card.modified(properties("switch", "s1"));
    assertThat(switches.of("s0")).isNull();
    assertThat(port.statuses.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(VIRTIO_NET_S_LINK_UP | VIRTIO_NET_S_ANNOUNCE);
    byte[] frame = CardRig.frame(Frame.BROADCAST, mac(port), 77);
    port.card.send(frame);
    assertThat(next(other)).isEqualTo(frame);
    assertThat(switches.switches().lines()).hasSize(3).first().isEqualTo("s1: 1 stations heard");
    assertThat(switches.switches()).contains("\n  net0: sent 1 (dropped 0), received 0", "\n  net1: sent 0 (dropped 0), received 1");
  }

  @Test
  void anythingElseMakesItAnotherCard() {
    ServedCard card = card();
    RawCardDriver.Port port = attach();
    card.modified(properties("mtu", "1280", "mac", "02-00-00-00-00-FF", "speed", "unknown", "queue.size", 64));
    assertThat(Await.that(LIMIT, () -> {
      RawCardDriver.Bound bound = port.card;
      return bound != null && readsMtu(bound) == 1280;
    })).isTrue();
    assertThat(mac(port)).isEqualTo(0xFF00_0000_0002L);
    assertThat(port.card.device().read(SPEED)).isEqualTo(0xFFFF_FFFFL);
  }

  private static long readsMtu(RawCardDriver.Bound bound) {
    try {
      return bound.device().read(MTU);
    } catch (IllegalStateException e) {
      return -1;   // the card of before, which has been let go
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "mac | 02:00 | mac=02:00 (six bytes in hexadecimal, not a group's, as in 02:00:00:00:00:01)",
      "mac | 01:00:00:00:00:01 | mac=01:00:00:00:00:01 (six bytes in hexadecimal, not a group's, as in 02:00:00:00:00:01)",
      "mac | 00:00:00:00:00:00 | mac=00:00:00:00:00:00 (six bytes in hexadecimal, not a group's, as in 02:00:00:00:00:01)",
      "mtu | 67 | mtu=67 (68 to 65535)",
      "mtu | many | mtu=many (68 to 65535)",
      "speed | -1 | speed=-1 (0 to 2147483647)",
      "link | perhaps | link=perhaps (up or down)",
      "switch | '' | 'switch= (a name of letters, digits, ''_'', ''.'' and ''-'', as in s0)'",
      "switch | a b | 'switch=a b (a name of letters, digits, ''_'', ''.'' and ''-'', as in s0)'",
      "tap | a/b | 'tap=a/b (a network interface''s name, 1 to 15 characters, no ''/'', '':'', ''%'' or space)'",
      "queue.size | 100 | queue.size=100 (a power of two, 2 to 32768)",
      "faces | lguest | faces=lguest (transport.ring.config, as in lguest.split.lguest)"
  })
  void aBadPropertyIsOneLineAndACorrectionHealsIt(String property, String value, String line) {
    try (LogLines log = new LogLines("virtio.device.net")) {
      ServedCard card = card(property, value);
      assertThat(log.lines()).containsExactly("virtio.device.net net0: " + line);
      assertThat(card.state()).isEqualTo(log.lines().getFirst());
      assertThat(bus.served()).isEmpty();
      card.modified(properties());
      attach();
      card.modified(properties(property, value));
      assertThat(log.lines()).hasSize(2);
      assertThat(attachments.getFirst().bound()).isTrue();
      assertThat(bus.served()).hasSize(1);
    }
  }

  @Test
  void aTapThatIsNoneIsOneLineAndACorrectionHealsIt() {
    try (LogLines log = new LogLines("virtio.device.net")) {
      ServedCard card = card("tap", "lo");
      assertThat(log.lines()).singleElement().asString()
          .startsWith("virtio.device.net net0: tap=lo (a tap that nobody else has, or that may be made: ");
      assertThat(switches.of("s0")).isNull();
      card.modified(properties());
      RawCardDriver.Port port = attach();
      card.modified(properties("tap", "lo"));
      assertThat(log.lines()).hasSize(2);
      assertThat(port.card).isNotNull();
      assertThat(switches.of("s0").ports()).as("its cable is where it was").hasSize(1);
    }
  }

  private static void requireTaps() {
    assumeTrue("root".equals(System.getProperty("user.name")) && Files.exists(Path.of("/dev/net/tun")),
        "skipped: only root may make network interfaces, and only with /dev/net/tun");
  }

  @Test
  void aTapThatGoesAwayIsOneLineAndTheNextUpdateTakesItAnew() throws Exception {
    requireTaps();
    Path ip = Path.of("/usr/sbin/ip");
    assumeTrue(Files.isExecutable(ip), "skipped: no ip (package iproute2)");
    String tap = "vg" + ProcessHandle.current().pid();
    try (LogLines log = new LogLines("virtio.device.net")) {
      ServedCard card = card("tap", tap);
      RawCardDriver.Port port = attach();
      assertThat(new ProcessBuilder(ip.toString(), "link", "delete", tap).inheritIO().start().waitFor()).isZero();
      assertThat(Await.that(LIMIT, () -> !log.lines().isEmpty())).isTrue();
      assertThat(log.lines()).singleElement().asString().startsWith("virtio.device.net: tap=" + tap + " lost: ");
      assertThat(port.card.send(CardRig.frame(Frame.BROADCAST, mac(port), 100))).isTrue();
      card.modified(properties("tap", tap));
      assertThat(Path.of("/sys/class/net", tap)).exists();
      assertThat(log.lines()).hasSize(1);
      assertThat(switches.of("s0").ports()).hasSize(2);
    }
  }

  @Test
  void aTapJoinsTheSwitchOfTheCardThatNamesIt() throws Exception {
    requireTaps();
    String tap = "vd" + ProcessHandle.current().pid();
    Path there = Path.of("/sys/class/net", tap);
    ServedCard card = card("tap", tap);
    assertThat(there).exists();
    card("name", "net1", "tap", tap);
    assertThat(switches.of("s0").ports()).hasSize(3);
    try (LogLines log = new LogLines("virtio.device.net")) {
      card("name", "net2", "switch", "s9", "tap", tap);
      assertThat(log.lines()).containsExactly("virtio.device.net net2: tap=" + tap + " (one switch for each tap: it is on s0)");
    }
    RawCardDriver.Port port = attach();
    assertThat(port.card.send(CardRig.frame(Frame.BROADCAST, mac(port), 100))).isTrue();
    card.modified(properties());
    assertThat(there).as("another card still names it").exists();
    cards.get(1).close();
    assertThat(there).doesNotExist();
    card.modified(properties("tap", tap));
    assertThat(there).exists();
  }
}
