package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.net.MacAddress;
import virtio.net.NetworkDevice;
import virtio.net.ReceiveMode;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** The net driver against QEMU's own virtio-net-pci: what we tell it is what its monitor says, and the other way round. */
@ExtendWith(InFramework.class)
class QemuCardIT {
  private static final Pattern VLANS = Pattern.compile("\"vlan-table\":\\[([^\\]]*)\\]");
  private static final Combination PARTS = Combination.of("net.pci.split.pci");
  private static final String CARD = "virtio-net-pci,id=card0,netdev=wire0,disable-legacy=on,romfile=,mac=52:54:00:00:00:07";

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
  }

  @AfterEach
  void end() throws Exception {
    rig.close();
  }

  private NetworkDevice card(String options) throws IOException {
    rig.qemu("q0", Map.of("device", CARD + options, "arguments", new String[] {"-netdev", "hubport,id=wire0,hubid=0"}));
    rig.configure("virtio.net", Map.of("name", "card0", "glue.target", "(virtio.glue=" + PARTS.name() + ")", "grace", "60000"));
    return rig.card("card0");
  }

  private String qmp(String command) {
    return new Shell(context).qmp("q0", command);
  }

  private String filter() {
    return qmp("{\"execute\": \"query-rx-filter\", \"arguments\": {\"name\": \"card0\"}}").replace(" ", "");
  }

  private Set<String> vlans() {
    Matcher table = VLANS.matcher(filter());
    return table.find() && !table.group(1).isEmpty() ? Set.of(table.group(1).split(",")) : Set.of();
  }

  private void awaitFilter(String... words) {
    Await.until(() -> Stream.of(words).allMatch(filter()::contains), () -> List.of(words) + " not in: " + filter());
  }

  @Test
  @Shows({"F28", "F29"})
  @Trap("T29")
  void whatIsSetIsWhatTheMonitorSays() throws IOException {
    NetworkDevice card = card("");
    assertThat(card.mac()).hasToString("52:54:00:00:00:07");
    awaitFilter("\"main-mac\":\"52:54:00:00:00:07\"");
    card.mode(ReceiveMode.PROMISCUOUS, true);
    awaitFilter("\"promiscuous\":true");
    card.mode(ReceiveMode.PROMISCUOUS, false);
    awaitFilter("\"promiscuous\":false");
    card.mac(MacAddress.of("02:00:00:00:00:09"));
    awaitFilter("\"main-mac\":\"02:00:00:00:00:09\"");
    card.vlan(7, true);
    card.vlan(4095, true);
    Await.until(() -> vlans().equals(Set.of("7", "4095")), this::filter);
    card.vlan(7, false);
    Await.until(() -> vlans().equals(Set.of("4095")), this::filter);
    card.macTable(List.of(MacAddress.of("02:00:00:00:00:0a")), List.of(MacAddress.of("33:33:00:00:00:01")));
    awaitFilter("\"unicast-table\":[\"02:00:00:00:00:0a\"]", "\"multicast-table\":[\"33:33:00:00:00:01\"]");
    assertThatThrownBy(() -> card.pairs(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> card.pairs(2)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @Shows("F30")
  void theLinkIsFollowed() throws IOException {
    NetworkDevice card = card("");
    List<Boolean> seen = new CopyOnWriteArrayList<>();
    card.listen(new NetworkDevice.Listener() {
      @Override
      public void link(boolean up) {
        seen.add(up);
      }
    });
    qmp("{\"execute\": \"set_link\", \"arguments\": {\"name\": \"card0\", \"up\": false}}");
    Await.until(() -> seen.equals(List.of(false)), seen::toString);
    qmp("{\"execute\": \"set_link\", \"arguments\": {\"name\": \"card0\", \"up\": true}}");
    Await.until(() -> seen.equals(List.of(false, true)), seen::toString);
  }

  @Test
  @Trap("T13")
  void withoutItsControlQueueTheCardStillWorks() throws IOException {
    NetworkDevice card = card(",ctrl_vq=off");
    assertThat(card.information().abilities().commands()).isFalse();
    assertThatThrownBy(() -> card.mode(ReceiveMode.PROMISCUOUS, true)).isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> card.vlan(1, true)).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void whatItSaysOfItselfIsRead() throws IOException {
    NetworkDevice card = card(",host_mtu=2000,speed=1000,duplex=full");
    assertThat(card.mtu()).isEqualTo(2000);
    assertThat(card.information().speed()).isEqualTo(1000);
    assertThat(card.information().duplex()).hasToString("FULL");
    assertThat(card.information().abilities().merged()).isTrue();
  }

  @Test
  void anExchangeSetsAllOfItAgain() throws IOException, BundleException {
    NetworkDevice card = card("");
    card.mac(MacAddress.of("02:00:00:00:00:09"));
    card.mode(ReceiveMode.PROMISCUOUS, true);
    card.vlan(7, true);
    List<String> events = new CopyOnWriteArrayList<>();
    card.listen(new NetworkDevice.Listener() {
      @Override
      public void announce() {
        events.add("announce");
      }
    });
    String location = rig.remove("virtio.driver.net");
    rig.awaitOffline("card0");
    rig.add(location);
    Await.until(() -> events.contains("announce"), () -> events + " " + rig.state("card0"));
    awaitFilter("\"main-mac\":\"02:00:00:00:00:09\"", "\"promiscuous\":true", "\"vlan-table\":[7]");
    assertThat(card.mac()).hasToString("02:00:00:00:00:09");
  }
}
