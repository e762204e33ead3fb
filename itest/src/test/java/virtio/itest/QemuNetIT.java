package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.bus.Registration;
import virtio.bus.spec.VirtioNet;
import virtio.net.Frame;
import virtio.net.MacAddress;
import virtio.net.NetworkDevice;
import virtio.net.ReceiveMode;
import virtio.net.Sent;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** The network driver against QEMU's own virtio-net-pci: what goes over its wires, and what QEMU says of the card. */
@ExtendWith(InFramework.class)
class QemuNetIT {
  private static final Combination PARTS = Combination.of("net.pci.split.pci");
  private static final MacAddress MAC = MacAddress.of("52:54:00:12:34:56");
  private static final MacAddress PEER = MacAddress.of("02:00:00:00:00:99");
  private static final int MINE = 0x0A00020F;      // 10.0.2.15
  private static final int GATEWAY = 0x0A000202;   // 10.0.2.2
  private static final int LONGEST = 1514;

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;
  private Wire wire;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
  }

  @AfterEach
  void end() throws Exception {
    try {
      if (wire != null) {
        wire.close();
      }
    } finally {
      rig.close();
    }
  }

  /** @param options of the card, each with a comma before */
  private NetworkDevice card(String netdev, String options) throws IOException {
    rig.qemu("q0", Map.of("device", "virtio-net-pci,id=card,netdev=wire,mac=" + MAC + ",disable-legacy=on,romfile=" + options,
        "arguments", new String[] {"-netdev", netdev}));
    rig.port("net0", PARTS);
    return rig.card("net0");
  }

  private NetworkDevice wired(String options) throws IOException {
    wire = Wire.datagrams();
    return card(wire.netdev("wire"), options);
  }

  private static byte[] next(NetworkDevice card) {
    byte[] room = new byte[1 << 16];
    int[] length = {-1};
    Await.until(() -> {
      length[0] = card.receive(MemorySegment.ofArray(room));
      return length[0] >= 0;
    }, () -> "no frame came: " + card.counters());
    return Arrays.copyOf(room, length[0]);
  }

  /** Sends until what is looked for comes: others may speak on the wire. */
  private static byte[] ask(NetworkDevice card, byte[] question, Predicate<byte[]> answers) {
    assertThat(card.send(question)).isEqualTo(Sent.ACCEPTED);
    byte[] frame = next(card);
    while (!answers.test(frame)) {
      frame = next(card);
    }
    return frame;
  }

  @Test
  @Shows("F57")
  void speaksArpPingAndDhcpWithQemusUserNetwork() throws IOException {
    NetworkDevice card = card("user,id=wire", "");
    assertThat(card.mac()).isEqualTo(MAC);
    byte[] offer = ask(card, Packets.dhcp(MAC, Packets.DISCOVER, 77, 0, 0), frame -> Packets.isDhcp(frame, Packets.OFFER, 77));
    assertThat(Packets.given(offer)).isEqualTo(MINE);
    int server = Packets.option(offer, 54).getInt();
    byte[] lease = ask(card, Packets.dhcp(MAC, Packets.REQUEST, 78, MINE, server), frame -> Packets.isDhcp(frame, Packets.ACK, 78));
    assertThat(Packets.given(lease)).isEqualTo(MINE);
    assertThat(Packets.option(lease, 3).getInt()).as("router").isEqualTo(GATEWAY);
    byte[] known = ask(card, Packets.arpRequest(MAC, MINE, GATEWAY), frame -> Packets.isArpReply(frame, GATEWAY));
    MacAddress gateway = Packets.source(known);
    for (int number = 0; number < 5; number++) {
      byte[] data = Packets.text("ping " + "x".repeat(100 * number));
      int expected = number;
      ask(card, Packets.ping(gateway, MAC, MINE, GATEWAY, number, data), frame -> Packets.isPong(frame, GATEWAY, expected, data));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dgram", "stream"})
  void carriesFramesOfEverySizeBothWays(String kind) throws Exception {
    wire = kind.equals("dgram") ? Wire.datagrams() : Wire.stream(rig.folder());
    NetworkDevice card = card(wire.netdev("wire"), "");
    for (int length = 60; length <= LONGEST; length++) {
      byte[] out = frame(PEER, MAC, length);
      assertThat(card.send(out)).isEqualTo(Sent.ACCEPTED);
      assertThat(wire.receive()).isEqualTo(out);
      byte[] in = frame(MAC, PEER, length);
      wire.send(in);
      assertThat(next(card)).isEqualTo(in);
    }
    for (int length = 14; length < 60; length++) {
      byte[] out = frame(PEER, MAC, length);
      card.send(out);
      assertThat(Arrays.copyOf(wire.receive(), length)).isEqualTo(out);
      byte[] in = frame(MAC, PEER, length);
      wire.send(in);
      assertThat(Arrays.copyOf(next(card), length)).isEqualTo(in);
    }
  }

  private static byte[] frame(MacAddress to, MacAddress from, int length) {
    byte[] payload = new byte[length - VirtioNet.ETHERNET];
    for (int i = 0; i < payload.length; i++) {
      payload[i] = (byte) (i * 7 + length);
    }
    return Packets.ethernet(to, from, Packets.EXPERIMENT, payload);
  }

  /** What QEMU lets through, in its words. */
  private String filter() {
    return qmp("{\"execute\": \"query-rx-filter\", \"arguments\": {\"name\": \"card\"}}").replaceAll("\\s", "");
  }

  private void link(boolean up) {
    qmp("{\"execute\": \"set_link\", \"arguments\": {\"name\": \"card\", \"up\": " + up + "}}");
  }

  private String qmp(String command) {
    return new Shell(context).qmp("q0", command);
  }

  @Test
  @Shows({"F28", "F29"})
  @Trap("T29")
  void qemuSeesModesAddressesAndVlans() throws Exception {
    NetworkDevice card = wired("");
    assertThat(filter()).contains("\"promiscuous\":false", "\"main-mac\":\"" + MAC + "\"");
    card.mode(ReceiveMode.PROMISCUOUS, true);
    assertThat(filter()).contains("\"promiscuous\":true");
    card.mode(ReceiveMode.PROMISCUOUS, false);
    assertThat(filter()).contains("\"promiscuous\":false", "\"multicast\":\"normal\"");
    card.mode(ReceiveMode.ALL_MULTICAST, true);
    assertThat(filter()).contains("\"multicast\":\"all\"");
    card.mode(ReceiveMode.ALL_MULTICAST, false);
    card.mode(ReceiveMode.NO_BROADCAST, true);
    wire.send(frame(Packets.BROADCAST, PEER, 100));
    wire.send(frame(MAC, PEER, 102));
    assertThat(next(card)).as("not the broadcast before it").isEqualTo(frame(MAC, PEER, 102));
    card.mode(ReceiveMode.NO_BROADCAST, false);   // QEMU 7.2 tells it the wrong way round, and does it right
    wire.send(frame(Packets.BROADCAST, PEER, 101));
    assertThat(next(card)).isEqualTo(frame(Packets.BROADCAST, PEER, 101));

    MacAddress group = MacAddress.of("01:00:5e:00:00:05");
    MacAddress second = MacAddress.of("02:00:00:00:00:07");
    card.macTable(List.of(second), List.of(group));
    assertThat(filter()).contains("\"unicast-table\":[\"" + second + "\"]", "\"multicast-table\":[\"" + group + "\"]");
    wire.send(frame(group, PEER, 100));
    assertThat(next(card)).isEqualTo(frame(group, PEER, 100));

    MacAddress another = MacAddress.of("02:00:00:00:00:42");
    card.mac(another);
    assertThat(filter()).contains("\"main-mac\":\"" + another + "\"");
    assertThat(card.mac()).isEqualTo(another);
    wire.send(frame(MAC, PEER, 100));
    wire.send(frame(another, PEER, 101));
    assertThat(next(card)).as("the one before was for somebody else").isEqualTo(frame(another, PEER, 101));

    card.vlan(7, true);
    card.vlan(4095, true);
    card.vlan(8, true);
    card.vlan(8, false);
    assertThat(filter()).containsAnyOf("\"vlan-table\":[7,4095]", "\"vlan-table\":[4095,7]");
    byte[] data = new byte[80];
    wire.send(Packets.tagged(another, PEER, 8, data));
    wire.send(Packets.tagged(another, PEER, 7, data));
    assertThat(next(card)).isEqualTo(Packets.tagged(another, PEER, 7, data));
    assertThatThrownBy(() -> card.vlan(4096, true)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> card.pairs(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> card.pairs(card.information().maxPairs() + 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @Shows("F30")
  void theLinkGoesAndComesAndTheDriverIsToldOnceEach() throws Exception {
    NetworkDevice card = wired("");
    List<Boolean> told = new CopyOnWriteArrayList<>();
    Registration listening = card.listen(new NetworkDevice.Listener() {
      @Override
      public void link(boolean up) {
        told.add(up);
      }
    });
    assertThat(card.linkUp()).isTrue();
    link(false);
    Await.until(() -> told.equals(List.of(false)), () -> "told " + told);
    assertThat(card.linkUp()).isFalse();
    assertThat(card.send(frame(PEER, MAC, 100))).isEqualTo(Sent.LINK_DOWN);
    link(true);
    Await.until(() -> told.equals(List.of(false, true)), () -> "told " + told);
    assertThat(card.send(frame(PEER, MAC, 101))).isEqualTo(Sent.ACCEPTED);
    assertThat(wire.receive()).isEqualTo(frame(PEER, MAC, 101));
    listening.close();
  }

  @Test
  @Trap("T13")
  void whatNeedsTheControlQueueGoesWithIt() throws Exception {
    wire = Wire.datagrams();
    rig.qemu("q0", Map.of("device", "virtio-net-pci,id=card,netdev=wire,mac=" + MAC + ",disable-legacy=on,romfile=",
        "arguments", new String[] {"-netdev", wire.netdev("wire")}));
    Configuration port = rig.configure("virtio.net",
        Map.of("name", "net0", "glue.target", "(virtio.glue=" + PARTS.name() + ")", "features.mask", "0xfffffffffffdffff"));
    NetworkDevice card = rig.card("net0");
    for (int bit : new int[] {VirtioNet.VIRTIO_NET_F_CTRL_VQ, VirtioNet.VIRTIO_NET_F_CTRL_RX, VirtioNet.VIRTIO_NET_F_CTRL_RX_EXTRA,
        VirtioNet.VIRTIO_NET_F_CTRL_VLAN, VirtioNet.VIRTIO_NET_F_GUEST_ANNOUNCE, VirtioNet.VIRTIO_NET_F_CTRL_MAC_ADDR,
        VirtioNet.VIRTIO_NET_F_MQ}) {
      assertThat(rig.port("net0").orElseThrow().device().accepted().has(bit)).as("feature " + bit).isFalse();
    }
    assertThat(rig.port("net0").orElseThrow().device().offered().has(VirtioNet.VIRTIO_NET_F_CTRL_VLAN)).isTrue();
    assertThatThrownBy(() -> card.mode(ReceiveMode.PROMISCUOUS, true)).isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> card.vlan(1, true)).isInstanceOf(UnsupportedOperationException.class);
    wire.send(frame(MAC, PEER, 200));
    assertThat(next(card)).isEqualTo(frame(MAC, PEER, 200));
    Rig.change(port, "features.mask", "0xffffffffffffffff");
    Await.until(() -> rig.isOnline("net0") && rig.port("net0").orElseThrow().device().accepted().has(VirtioNet.VIRTIO_NET_F_CTRL_VQ),
        () -> rig.state("net0"));
  }

  @Test
  @Trap("T28")
  void receptionStopsWhenAllBuffersAreHeldAndGoesOnWhenTheyComeBack() throws Exception {
    NetworkDevice card = wired("");
    List<Frame> held = new ArrayList<>();
    Frame frame;
    int sent = 0;
    do {
      wire.send(frame(MAC, PEER, 60 + sent++));
      frame = arrived(card);
      if (frame != null) {
        held.add(frame);
      }
    } while (frame != null);
    assertThat(held).as("as many as the ring holds").hasSizeGreaterThanOrEqualTo(16);
    held.forEach(Frame::release);
    assertThat(next(card)).as("QEMU kept it").isEqualTo(frame(MAC, PEER, 60 + sent - 1));
    wire.send(frame(MAC, PEER, 1400));
    assertThat(next(card)).isEqualTo(frame(MAC, PEER, 1400));
    assertThat(card.counters().malformed()).isZero();
  }

  /** A frame that comes within seconds; null when none does. */
  private static Frame arrived(NetworkDevice card) {
    long end = System.nanoTime() + 5_000_000_000L;
    Frame frame;
    do {
      card.poll();
      frame = card.receive();
      Thread.onSpinWait();
    } while (frame == null && System.nanoTime() - end < 0);
    return frame;
  }

  /** Packets of a card with so long an MTU take more than one buffer, or one as long: whole, in either shape. */
  @ParameterizedTest
  @ValueSource(strings = {",host_mtu=9000", ",host_mtu=9000,mrg_rxbuf=off", ",host_mtu=9000,rx_queue_size=256"})
  @Trap("T28")
  void longPacketsComeWhole(String options) throws Exception {
    wire = Wire.stream(rig.folder());
    NetworkDevice card = card(wire.netdev("wire"), options);
    assertThat(card.mtu()).isEqualTo(9000);
    for (int length : new int[] {1514, 1515, 2036, 2037, 4084, 4085, 8999, 9013, 9014}) {
      wire.send(frame(MAC, PEER, length));
      assertThat(next(card)).isEqualTo(frame(MAC, PEER, length));
      assertThat(card.send(frame(PEER, MAC, length))).isEqualTo(Sent.ACCEPTED);
      assertThat(wire.receive()).isEqualTo(frame(PEER, MAC, length));
    }
    assertThat(card.send(frame(PEER, MAC, 9100))).isEqualTo(Sent.BAD_LENGTH);
  }
}
