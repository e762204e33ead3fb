package virtio.host.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.Host;
import virtio.bus.Machine;
import virtio.testkit.RegisteredServices;

/** The brick without a container. */
@Timeout(60)
class ConfiguredMachineTest {
  private final RegisteredServices services = new RegisteredServices();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final Logger logger = Logger.getLogger("virtio.host.pci");
  private final Handler handler = new Handler() {
    @Override
    public void publish(LogRecord entry) {
      log.add(entry.getMessage());
    }

    @Override
    public void flush() {
    }

    @Override
    public void close() {
    }
  };

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
  }

  @AfterEach
  void nothingIsLeft() {
    logger.removeHandler(handler);
    assertThat(services.count()).isZero();
    assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("pci-p7"));
  }

  @Test
  void bothEndsAreRegisteredUnderTheirNames() {
    ConfiguredMachine machine = new ConfiguredMachine(services.context(), Map.of("name", "p7", "memory", "8M"));
    assertThat(services.property(Host.class, "virtio.host")).isEqualTo("p7");
    assertThat(services.property(Host.class, "virtio.transport")).isEqualTo("pci");
    assertThat(services.property(Machine.class, "virtio.machine")).isEqualTo("p7");
    assertThat(services.property(Machine.class, "virtio.machine.kind")).isEqualTo("pci");
    assertThat(services.service(Machine.class).properties()).containsEntry("memory", 8L << 20);
    assertThat(log).isEmpty();
    machine.stop();
  }

  @Test
  void aBadValueIsOneLineAndACorrectionHealsIt() {
    ConfiguredMachine bad = new ConfiguredMachine(services.context(), Map.of("service.pid", "virtio.host.pci.x", "memory", "3"));
    assertThat(services.count()).isZero();
    assertThat(log).containsExactly("virtio.host.pci.x: memory=3; allowed: 4M to 2G, a multiple of 4096");
    bad.stop();
    ConfiguredMachine good = new ConfiguredMachine(services.context(), Map.of("service.pid", "virtio.host.pci.x", "name", "p7"));
    assertThat(services.count()).isEqualTo(2);
    good.stop();
    assertThat(log).hasSize(1);
  }

  @Test
  void thirtyLivesLeaveNothing() {
    for (int i = 0; i < 30; i++) {
      new ConfiguredMachine(services.context(), Map.of("name", "p7", "memory", "4M")).stop();
    }
  }
}
