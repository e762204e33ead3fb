package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import virtio.bus.Host;
import virtio.bus.Machine;
import virtio.testkit.Await;

/** The brick without a container: a bundle context that only knows how to register. */
@Timeout(60)
class ConfiguredMachineTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Map<Class<?>, Dictionary<?, ?>> registered = new ConcurrentHashMap<>();
  private final Map<Class<?>, Object> services = new ConcurrentHashMap<>();
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
    assertThat(registered).isEmpty();
  }

  private ConfiguredMachine configured(Map<String, Object> properties) {
    ConfiguredMachine machine = new ConfiguredMachine(context(), properties);
    machines.add(machine);
    return machine;
  }

  private BundleContext context() {
    return (BundleContext) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {BundleContext.class}, (self, method, arguments) -> {
      if (!method.getName().equals("registerService")) {
        throw new UnsupportedOperationException(method.toString());
      }
      Class<?> type = (Class<?>) arguments[0];
      services.put(type, arguments[1]);
      registered.put(type, (Dictionary<?, ?>) arguments[2]);
      return registration(type);
    });
  }

  private ServiceRegistration<?> registration(Class<?> type) {
    return (ServiceRegistration<?>) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {ServiceRegistration.class},
        (self, method, arguments) -> {
          registered.remove(type);
          services.remove(type);
          return null;
        });
  }

  @Test
  void bothEndsAreRegisteredUnderTheirNames() {
    configured(Map.of("name", "m7", "memory", "8M"));
    assertThat(Await.that(PATIENCE, () -> registered.containsKey(Machine.class))).isTrue();
    assertThat(registered.get(Host.class).get("virtio.host")).isEqualTo("m7");
    assertThat(registered.get(Machine.class).get("virtio.machine")).isEqualTo("m7");
    assertThat(registered.get(Machine.class).get("virtio.machine.kind")).isEqualTo("lguest");
    assertThat(((Machine) services.get(Machine.class)).properties()).containsEntry("layout", "lguest").containsEntry("device.page", 8L << 20);
    assertThat(log).isEmpty();
  }

  @Test
  void aBadValueIsOneLineAndACorrectionHealsIt() {
    ConfiguredMachine bad = configured(Map.of("service.pid", "virtio.host.lguest.x", "memory", "3"));
    assertThat(registered).isEmpty();
    assertThat(log).containsExactly("virtio.host.lguest.x: memory=3; allowed: 4M to 2G, a multiple of 4096");
    bad.stop();
    configured(Map.of("service.pid", "virtio.host.lguest.x", "memory", "4M"));
    assertThat(Await.that(PATIENCE, () -> registered.size() == 2)).isTrue();
    assertThat(log).hasSize(1);
  }

  @Test
  void aFolderThatIsNotThereIsOneLine() {
    configured(Map.of("service.pid", "virtio.host.lguest.x", "role", "host", "file", "/nowhere/m0"));
    assertThat(registered).isEmpty();
    assertThat(log).containsExactly("virtio.host.lguest.x: file=/nowhere/m0: it is not there; allowed: a file in a folder that exists");
  }

  @Test
  void aGuestComesAndGoesWithItsHost() {
    String file = folder.resolve("m0").toString();
    configured(Map.of("role", "guest", "file", file));
    assertThat(Await.that(PATIENCE, () -> log.size() == 1)).isTrue();
    assertThat(registered).isEmpty();
    for (int i = 0; i < 3; i++) {
      ConfiguredMachine host = configured(Map.of("role", "host", "file", file, "memory", "4M"));
      assertThat(Await.that(PATIENCE, () -> registered.size() == 2)).as("round " + i).isTrue();
      host.stop();
      machines.remove(host);
      assertThat(Await.that(PATIENCE, () -> registered.isEmpty())).as("round " + i).isTrue();
    }
  }

  @Test
  void nothingIsLeft() {
    for (int i = 0; i < 20; i++) {
      ConfiguredMachine machine = configured(Map.of("memory", "4M"));
      if (i % 2 == 0) {
        assertThat(Await.that(PATIENCE, () -> registered.size() == 2)).isTrue();
      }
      machine.stop();
      machines.remove(machine);
      assertThat(registered).isEmpty();
    }
    assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("lguest-m0"));
  }
}
