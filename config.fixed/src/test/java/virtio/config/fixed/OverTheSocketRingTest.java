package virtio.config.fixed;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.Face;
import virtio.bus.RingFormat;
import virtio.bus.core.VirtioBus;
import virtio.ring.socket.SocketRing;
import virtio.testkit.Await;
import virtio.testkit.EchoDriver;
import virtio.testkit.EchoModel;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeMachine;

/** The configuration queue as frames over a channel: open as soon as the session is, before anything is negotiated. */
class OverTheSocketRingTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final FakeMachine machine = new FakeMachine("m0").withChannels(1 << 16);
  private final VirtioBus bus = new VirtioBus();
  private final RingFormat ring = new SocketRing();
  private final FixedConfig config = new FixedConfig();

  @AfterEach
  void end() {
    bus.close();
    machine.close();
  }

  @Test
  @Shows({"F28", "F39", "F54"})
  void driversComeAndGo() throws InterruptedException {
    bus.bindTransport(machine, Map.of("virtio.transport", "fake"));
    bus.bindRing(ring, Map.of("virtio.ring", "socket"));
    bus.bindConfig(config, Map.of("virtio.config", "fixed"));
    bus.serve("echo0", new EchoModel(), List.of(Face.of("fake.socket.fixed")), machine);
    for (int time = 0; time < 3; time++) {
      EchoDriver.Port port = new EchoDriver.Port();
      Bus.Attachment attachment = bus.attach(new Combination(new EchoDriver(), machine, ring, config,
          Map.of("virtio.glue", "echo.fake.socket.fixed")), AttachmentSettings.of("port0"), port);
      assertThat(Await.that(PATIENCE, attachment::bound)).as(attachment.state()).isTrue();
      for (int i = 0; i < 50; i++) {
        assertThat(port.echo().ask(new byte[] {1, 2, 3}, PATIENCE)).containsExactly(~1, ~2, ~3);
      }
      assertThat(bus.served().getFirst().statuses()).containsExactly(0, 1, 3, 11, 15);
      attachment.close();
      assertThat(attachment.state()).isEqualTo("closed, reset confirmed");
    }
    assertThat(machine.memory().quarantined()).isZero();
  }
}
