package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
import org.junit.jupiter.api.io.TempDir;
import virtio.bus.Host;
import virtio.bus.Machine;
import virtio.testkit.Await;
import virtio.testkit.RegisteredServices;

/** The brick without a container: a bundle context that only knows how to register. */
@Timeout(60)
class ConfiguredMachineTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final RegisteredServices services = new RegisteredServices();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final List<ConfiguredMachine> machines = new ArrayList<>();
  private final Logger logger = Logger.getLogger("virtio.host.lguest");
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

  @TempDir
  Path folder;

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
  }

  @AfterEach
  void stop() {
    machines.forEach(ConfiguredMachine::stop);
    logger.removeHandler(handler);
    assertThat(services.count()).isZero();
  }

  private ConfiguredMachine configured(Map<String, Object> properties) {
    ConfiguredMachine machine = new ConfiguredMachine(services.context(), properties);
    machines.add(machine);
    return machine;
  }

  @Test
  void bothEndsAreRegisteredUnderTheirNames() {
    configured(Map.of("name", "m7", "memory", "8M"));
    assertThat(Await.that(PATIENCE, () -> services.has(Machine.class))).isTrue();
    assertThat(services.property(Host.class, "virtio.host")).isEqualTo("m7");
    assertThat(services.property(Machine.class, "virtio.machine")).isEqualTo("m7");
    assertThat(services.property(Machine.class, "virtio.machine.kind")).isEqualTo("lguest");
    assertThat(services.service(Machine.class).properties()).containsEntry("layout", "lguest").containsEntry("device.page", 8L << 20);
    assertThat(log).isEmpty();
  }

  @Test
  void aBadValueIsOneLineAndACorrectionHealsIt() {
    ConfiguredMachine bad = configured(Map.of("service.pid", "virtio.host.lguest.x", "memory", "3"));
    assertThat(services.count()).isZero();
    assertThat(log).containsExactly("virtio.host.lguest.x: memory=3; allowed: 4M to 2G, a multiple of 4096");
    bad.stop();
    configured(Map.of("service.pid", "virtio.host.lguest.x", "memory", "4M"));
    assertThat(Await.that(PATIENCE, () -> services.count() == 2)).isTrue();
    assertThat(log).hasSize(1);
  }

  @Test
  void aFolderThatIsNotThereIsOneLine() {
    configured(Map.of("service.pid", "virtio.host.lguest.x", "role", "host", "file", "/nowhere/m0"));
    assertThat(services.count()).isZero();
    assertThat(log).containsExactly("virtio.host.lguest.x: file=/nowhere/m0: it is not there; allowed: a file in a folder that exists");
  }

  @Test
  void aGuestComesAndGoesWithItsHost() {
    String file = folder.resolve("m0").toString();
    configured(Map.of("role", "guest", "file", file));
    assertThat(Await.that(PATIENCE, () -> log.size() == 1)).isTrue();
    assertThat(services.count()).isZero();
    for (int i = 0; i < 3; i++) {
      ConfiguredMachine host = configured(Map.of("role", "host", "file", file, "memory", "4M"));
      assertThat(Await.that(PATIENCE, () -> services.count() == 2)).as("round " + i).isTrue();
      host.stop();
      machines.remove(host);
      assertThat(Await.that(PATIENCE, () -> services.count() == 0)).as("round " + i).isTrue();
    }
  }

  @Test
  void nothingIsLeft() {
    for (int i = 0; i < 20; i++) {
      ConfiguredMachine machine = configured(Map.of("memory", "4M"));
      if (i % 2 == 0) {
        assertThat(Await.that(PATIENCE, () -> services.count() == 2)).isTrue();
      }
      machine.stop();
      machines.remove(machine);
      assertThat(services.count()).isZero();
    }
    assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("lguest-m0"));
  }
}
