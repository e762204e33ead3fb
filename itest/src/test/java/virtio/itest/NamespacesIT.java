package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.net.NetworkDevice;
import virtio.net.ReceiveMode;
import virtio.os.linux.Tap;
import virtio.testkit.Shows;

/**
 * Two networks of one kernel that reach each other only through us: a tap, a bridge, a card with its driver, a ring, the card's device, a
 * switch, another tap. What the kernel says of it counts.
 */
@ExtendWith(InFramework.class)
class NamespacesIT {
  private static final long BYTES = 100 << 20;
  private static final String HERE = "10.99.0.1";
  private static final String THERE = "10.99.0.2";
  private static final int PORT = 5001;

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;
  private Namespaces networks;
  private Bridge bridge;

  /** Of each ring one: lguest has all of them. */
  static List<String> combinations() {
    return Bundles.combinations().stream().filter(name -> name.matches("net\\.lguest\\.[a-z]+\\.lguest")).toList();
  }

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
  }

  @AfterEach
  void end() throws Exception {
    try {
      if (bridge != null) {
        bridge.close();
      }
    } finally {
      try {
        rig.close();
      } finally {
        if (networks != null) {
          networks.close();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("combinations")
  @Shows({"F03", "F57"})
  void pingAndAHundredMegabytesOverTcpArriveWhole(String glue) throws Exception {
    networks = Namespaces.require();
    Programs.require("ping", "iputils-ping");
    String mark = Long.toString(ProcessHandle.current().pid(), 36);
    Combination parts = Combination.of(glue);
    rig.machine("m0", parts);
    rig.device("net0", "m0", parts, Map.of("switch", "lan", "tap", "vsw" + mark));
    rig.port("net0", parts);
    NetworkDevice card = rig.card("net0");
    bridge = new Bridge(card, Tap.open("vbr" + mark));
    card.mode(ReceiveMode.PROMISCUOUS, true);   // the address behind it is the tap's own
    networks.take("vhere" + mark, "vbr" + mark, HERE + "/24");
    networks.take("vthere" + mark, "vsw" + mark, THERE + "/24");

    assertThat(networks.run("vhere" + mark, "ping", "-c", "10", "-i", "0.1", "-W", "20", THERE)).contains(" 0% packet loss");
    assertThat(networks.run("vthere" + mark, "ping", "-c", "5", "-i", "0.1", "-W", "20", "-s", "1472", "-M", "do", HERE))
        .contains(" 0% packet loss");
    carry("vhere" + mark, "vthere" + mark, THERE);
    carry("vthere" + mark, "vhere" + mark, HERE);
    assertThat(card.counters().malformed()).isZero();
  }

  private void carry(String from, String to, String address) throws Exception {
    Process receiver = networks.start(to, TcpEnd.class, "receive", address, PORT);
    assertThat(Namespaces.lines(receiver).readLine()).isEqualTo("listening");
    Process sender = networks.start(from, TcpEnd.class, "send", address, PORT, BYTES);
    String sent = Namespaces.lines(sender).readLine();
    assertThat(sent).startsWith(BYTES + " ");
    assertThat(Namespaces.lines(receiver).readLine()).as("bytes and SHA-256, received and sent").isEqualTo(sent);
  }
}
