package virtio.host.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.Face;
import virtio.bus.RingFormat;
import virtio.bus.core.VirtioBus;
import virtio.config.fixed.FixedConfig;
import virtio.config.mmio.MmioConfig;
import virtio.config.tlv.TlvConfig;
import virtio.ring.socket.SocketRing;
import virtio.ring.split.SplitRing;
import virtio.testkit.Await;
import virtio.testkit.EchoDriver;
import virtio.testkit.EchoModel;
import virtio.testkit.Shows;

/** A device and its driver over this machine, by each ring and each handler that has named windows. */
@Timeout(120)
class EchoOverMachineTest {
  private final BothEnds ends = new BothEnds();
  private final VirtioBus bus = new VirtioBus();

  @AfterEach
  void end() {
    bus.close();
    ends.close();
  }

  private static ConfigHandler config(String name) {
    return switch (name) {
      case "tlv" -> new TlvConfig();
      case "fixed" -> new FixedConfig();
      default -> new MmioConfig();
    };
  }

  @ParameterizedTest
  @CsvSource({"split, tlv", "split, fixed", "split, mmio", "socket, tlv", "socket, fixed"})
  @Shows({"F36", "F39"})
  void driversComeAndGoAndSoDoesTheDevice(String ringName, String configName) throws InterruptedException {
    RingFormat ring = ringName.equals("split") ? new SplitRing() : new SocketRing();
    ConfigHandler config = config(configName);
    Map<String, Object> named = Map.of("virtio.glue", "echo.pci." + ringName + "." + configName);
    bus.bindTransport(ends.transport, Map.of("virtio.transport", "pci"));
    bus.bindRing(ring, Map.of("virtio.ring", ringName));
    bus.bindConfig(config, Map.of("virtio.config", configName));
    Bus.Serving serving = bus.serve("echo0", new EchoModel(), List.of(Face.of("pci." + ringName + "." + configName)), ends.host);
    for (int time = 0; time < 2; time++) {
      EchoDriver.Port port = new EchoDriver.Port();
      Bus.Attachment attachment = bus.attach(new Combination(new EchoDriver(), ends.transport, ring, config, named),
          AttachmentSettings.of("port0").withResetDeadline(BothEnds.PATIENCE), port);
      assertThat(Await.that(BothEnds.PATIENCE, attachment::bound)).as(attachment.state() + " " + serving.state()).isTrue();
      for (int i = 0; i < 20; i++) {
        assertThat(port.echo().ask(new byte[] {1, 2, 3}, BothEnds.PATIENCE)).containsExactly(~1, ~2, ~3);
      }
      assertThat(bus.served().getFirst().statuses()).containsExactly(0, 1, 3, 11, 15);
      attachment.close();
      assertThat(attachment.state()).isEqualTo("closed, reset confirmed");
    }
    EchoDriver.Port port = new EchoDriver.Port();
    Bus.Attachment left = bus.attach(new Combination(new EchoDriver(), ends.transport, ring, config, named),
        AttachmentSettings.of("port0").withResetDeadline(BothEnds.PATIENCE), port);
    assertThat(Await.that(BothEnds.PATIENCE, left::bound)).as(left.state()).isTrue();
    serving.close();
    assertThat(Await.that(BothEnds.PATIENCE, () -> !left.bound())).as(left.state()).isTrue();
    left.close();
    assertThat(ends.host.memory().guest().regions()).as("the guest's memory is given back").isZero();
    assertThat(ends.host.memory().host().regions()).as("and the host's").isZero();
    assertThat(ends.host.memory().guest().quarantined() + ends.host.memory().host().quarantined()).isZero();
  }
}
