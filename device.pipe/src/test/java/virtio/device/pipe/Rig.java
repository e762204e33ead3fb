package virtio.device.pipe;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.Port;
import virtio.bus.RingFormat;
import virtio.bus.core.VirtioBus;
import virtio.driver.pipe.PipeDriver;
import virtio.pipe.PipeDevice;
import virtio.pipe.port.ConfiguredPort;
import virtio.ring.split.SplitRing;
import virtio.testkit.Await;
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
  final List<Object> services = new CopyOnWriteArrayList<>();
  private final RingFormat ring = new SplitRing();
  private final ConfigHandler config = new WindowConfig();
  private final Map<String, ServedPipe> devices = new HashMap<>();
  private final Map<String, ConfiguredPort> ports = new HashMap<>();
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
    ConfiguredPort port = new ConfiguredPort(context(), bus, with(Map.of("service.pid", "virtio.pipe~" + name, "glue.target",
        "(virtio.glue=" + GLUE + ")", "device.filter", "(name=" + device + ")"), more));
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
    return services.stream().filter(PipeDevice.class::isInstance).map(PipeDevice.class::cast).filter(pipe -> pipe.name().equals(name))
        .findFirst().orElse(null);
  }

  /** A registry of the two kinds of service that a port registers. */
  private BundleContext context() {
    return (BundleContext) Proxy.newProxyInstance(Rig.class.getClassLoader(), new Class<?>[] {BundleContext.class},
        (proxy, method, arguments) -> {
      if (!method.getName().equals("registerService") || !(arguments[0] instanceof Class<?> type)) {
        throw new UnsupportedOperationException(method.toString());
      }
      if (type != Port.class && type != PipeDevice.class || !(arguments[2] instanceof Dictionary<?, ?>)) {
        throw new AssertionError("service=" + type);
      }
      Object service = arguments[1];
      services.add(service);
      return registration(service);
    });
  }

  private ServiceRegistration<?> registration(Object service) {
    return (ServiceRegistration<?>) Proxy.newProxyInstance(Rig.class.getClassLoader(), new Class<?>[] {ServiceRegistration.class},
        (proxy, method, arguments) -> {
          if (method.getName().equals("unregister")) {
            services.remove(service);
          }
          return null;
        });
  }

  @Override
  public void close() {
    ports.values().forEach(ConfiguredPort::deactivate);
    devices.values().forEach(ServedPipe::close);
    bus.close();
    machine.close();
  }
}
