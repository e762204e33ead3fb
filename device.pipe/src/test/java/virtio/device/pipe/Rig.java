package virtio.device.pipe;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.RingFormat;
import virtio.bus.core.VirtioBus;
import virtio.driver.pipe.PipeDriver;
import virtio.pipe.PipeDevice;
import virtio.pipe.port.ConfiguredPort;
import virtio.ring.split.SplitRing;
import virtio.testkit.Await;
import virtio.testkit.RegisteredServices;
import virtio.testkit.fake.FakeMachine;
import virtio.testkit.fake.WindowConfig;

/**
 * Everything between a pipe's user and its other end, without a container: the real bus, ring, driver, device and port on a fake machine.
 */
final class Rig implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String GLUE = "pipe.fake.split.window";

  final FakeMachine machine = new FakeMachine("m0");
  final VirtioBus bus = new VirtioBus();
  private final RingFormat ring = new SplitRing();
  private final ConfigHandler config = new WindowConfig();
  private final Map<String, ServedPipe> devices = new HashMap<>();
  private final Map<String, ConfiguredPort> ports = new HashMap<>();
  private final Map<String, RegisteredServices> services = new HashMap<>();
  private final Map<String, Combination> current = new HashMap<>();

  Rig() {
    bus.bindTransport(machine, Map.of("virtio.transport", "fake"));
    bus.bindRing(ring, Map.of("virtio.ring", "split"));
    bus.bindConfig(config, Map.of("virtio.config", "window"));
  }

  /** @param more properties, as pairs */
  Rig serve(String name, Object... more) {
    devices.put(name, new ServedPipe(bus, machine, with(Map.of("name", name, "faces", "fake.split.window"), more)));
    return this;
  }

  ServedPipe device(String name) {
    return devices.get(name);
  }

  Rig attach(String name, String device, Object... more) {
    services.put(name, new RegisteredServices());
    Map<String, Object> properties = with(Map.of("service.pid", "virtio.pipe~" + name, "glue.target", "(virtio.glue=" + GLUE + ")",
        "device.filter", "(name=" + device + ")"), more);
    ConfiguredPort port = new ConfiguredPort(services.get(name).context(), bus, properties);
    ports.put(name, port);
    current.put(name, combination());
    port.bindGlue(current.get(name));
    return this;
  }

  ConfiguredPort port(String name) {
    return ports.get(name);
  }

  /** As SCR does it: the new combination is bound before the old one is unbound. */
  void exchange(String name) {
    Combination before = current.put(name, combination());
    ports.get(name).bindGlue(current.get(name));
    ports.get(name).unbindGlue(before);
  }

  /** The ring goes from under all of them at once, and comes back. */
  void exchangeAll() {
    Map<String, Combination> before = Map.copyOf(current);
    before.forEach((name, combination) -> ports.get(name).bindGlue(current.compute(name, (any, had) -> combination())));
    before.forEach((name, combination) -> ports.get(name).unbindGlue(combination));
  }

  private Combination combination() {
    return new Combination(new PipeDriver(), machine, ring, config, Map.of("virtio.glue", GLUE));
  }

  private static Map<String, Object> with(Map<String, Object> base, Object... more) {
    Map<String, Object> properties = new HashMap<>(base);
    for (int i = 0; i < more.length; i += 2) {
      properties.put((String) more[i], more[i + 1]);
    }
    return properties;
  }

  /** The service of that port; waits for it. */
  PipeDevice pipe(String name) {
    if (!Await.that(LIMIT, () -> find(name) != null)) {
      throw new AssertionError("no pipe " + name + ": " + ports.get(name).state() + "; " + bus.devices() + bus.served());
    }
    return find(name);
  }

  PipeDevice find(String name) {
    return services.get(name).service(PipeDevice.class);
  }

  @Override
  public void close() {
    ports.values().forEach(ConfiguredPort::deactivate);
    devices.values().forEach(ServedPipe::close);
    bus.close();
    machine.close();
  }
}
