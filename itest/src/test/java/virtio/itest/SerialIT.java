package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.testkit.Shows;

/** The pipe of the sketch, {@code virt_pipe} over {@code virt_pci}: without a ring, and with QEMU's serial port for its two byte ports. */
@ExtendWith(InFramework.class)
class SerialIT {
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

  @Test
  @Shows({"F10", "F41", "F46"})
  void aKilobyteOfAllByteValuesGoesEachWayThroughQemusSerialPort() throws IOException {
    SerialInUse serial = new SerialInUse(Combination.of("pipe.pci.socket.fixed"), rig, "s0");
    serial.up();
    serial.check();
    serial.exchange(20070801);
    serial.exchange(20070802);
    serial.check();
    assertThat(rig.port(serial.ports().getFirst()).orElseThrow().device().id().modalias()).isEqualTo("virtio:d00003456v00001AF4");
    assertThat(rig.port(serial.ports().getFirst()).orElseThrow().device().queues()).isEmpty();
  }
}
