package virtio.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
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
import virtio.bus.Machine;
import virtio.testkit.Await;
import virtio.testkit.RegisteredServices;

/** The brick without a container: a bundle context that only knows how to register. */
@Timeout(60)
class ConfiguredMachineTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final RegisteredServices services = new RegisteredServices();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final List<ConfiguredMachine> machines = new ArrayList<>();
  private final Logger logger = Logger.getLogger("virtio.host.qemu");
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
  private Path folder;

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
  }

  @AfterEach
  void stop() {
    machines.forEach(ConfiguredMachine::stop);
    logger.removeHandler(handler);
    assertThat(services.count()).isZero();
    assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().equals("qemu-t1"));
  }

  private ConfiguredMachine configured(Map<String, Object> more) {
    Map<String, Object> properties = new HashMap<>(Map.of("service.pid", "virtio.host.qemu~x", "name", "t1", "deadline", "10000"));
    properties.putAll(more);
    ConfiguredMachine machine = new ConfiguredMachine(services.context(), properties);
    machines.add(machine);
    return machine;
  }

  private long pid() {
    return (long) services.service(Machine.class).properties().get("pid");
  }

  @Test
  void aMachineThatIsKilledIsFollowedByAnother() {
    Qemu.require("q35");
    configured(Map.of());
    assertThat(Await.that(PATIENCE, () -> services.has(Machine.class))).isTrue();
    assertThat(services.property(Machine.class, "virtio.machine")).isEqualTo("t1");
    assertThat(services.property(Machine.class, "virtio.machine.kind")).isEqualTo("pci");
    Machine first = services.service(Machine.class);
    long killed = pid();
    ProcessHandle.of(killed).orElseThrow().destroyForcibly();
    assertThat(Await.that(PATIENCE, () -> services.service(Machine.class) != first && services.has(Machine.class))).isTrue();
    assertThat(pid()).isNotEqualTo(killed);
    assertThat(first.ports(0xcf8, 8).read(4, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(services.service(Machine.class).ports(0xcf8, 8).read(0, 4)).isNotEqualTo(0xFFFF_FFFFL);
    assertThat(log).containsExactly("machine t1: process " + killed + " has ended, exit value 137",
        "machine t1: runs again, process " + pid());
  }

  @Test
  void theMonitorIsReachedFromTheShell() throws IOException {
    Qemu.require("q35");
    ConfiguredMachine machine = configured(Map.of("drives", Qemu.image(folder, 1 << 20)));
    MonitorCommand command = new MonitorCommand();
    command.bindMachine(machine);
    assertThat(Await.that(PATIENCE, () -> machine.machine() != null)).isTrue();
    assertThat(command.qmp("t1", "query-status")).startsWith("{\"return\": {").contains("\"status\": \"running\"");
    assertThat(command.qmp("t1", "{\"execute\": \"block_resize\", \"arguments\": {\"node-name\": \"drive0\", \"size\": 2097152}}"))
        .isEqualTo("{\"return\": {}}");
    assertThat(command.qmp("t1", "no-such")).contains("CommandNotFound");
    assertThat(command.qmp("t1", "{")).contains("unexpected at character 1");
    assertThat(command.qmp("t2", "query-status")).isEqualTo("machine=t2; running: [t1]");
    command.unbindMachine(machine);
  }

  @Test
  void aBinaryThatIsNotThereIsOneLine() {
    configured(Map.of("binary", "qemu-system-none"));
    assertThat(Await.that(PATIENCE, () -> !log.isEmpty())).isTrue();
    assertThat(Await.that(Duration.ofMillis(500), () -> log.size() > 1)).isFalse();
    assertThat(log).containsExactly("machine t1: binary=qemu-system-none not found");
    assertThat(services.count()).isZero();
  }

  @Test
  void anImageThatComesLaterHeals() throws IOException {
    Qemu.require("q35");
    configured(Map.of("drives", folder.resolve("disk,,with comma.raw").toString()));
    assertThat(Await.that(PATIENCE, () -> !log.isEmpty())).isTrue();
    assertThat(log).containsExactly("machine t1: drives=" + folder.resolve("disk,with comma.raw") + ": no such file");
    Qemu.image(folder, 1 << 20);
    assertThat(Await.that(PATIENCE, () -> services.has(Machine.class))).isTrue();
  }

  @Test
  void aBadValueIsOneLine() {
    configured(Map.of("machine", "pc"));
    assertThat(log).containsExactly("virtio.host.qemu~x: machine=pc; allowed: q35, virt");
  }
}
