package virtio.device.block;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import virtio.block.BlockDevice;
import virtio.block.port.ConfiguredPort;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.Port;
import virtio.bus.RingFormat;
import virtio.bus.core.VirtioBus;
import virtio.driver.block.BlockDriver;
import virtio.ring.split.SplitRing;
import virtio.testkit.Await;
import virtio.testkit.fake.FakeMachine;
import virtio.testkit.fake.WindowConfig;

/** Everything between a disk's user and its image, without a container: the real bus, ring, driver, device and port on a fake machine. */
final class Rig implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(10);

  final FakeMachine machine = new FakeMachine("m0");
  final VirtioBus bus = new VirtioBus();
  final RingFormat ring = new SplitRing();
  final ConfigHandler config = new WindowConfig();
  final BlockDriver driver = new BlockDriver();
  final List<Object> services = new CopyOnWriteArrayList<>();
  final Path image;
  ServedImage device;
  ConfiguredPort port;
  Combination current;

  Rig(Path image) {
    this.image = image;
    bus.bindTransport(machine, Map.of("virtio.transport", "fake"));
    bus.bindRing(ring, Map.of("virtio.ring", "split"));
    bus.bindConfig(config, Map.of("virtio.config", "window"));
  }

  /** With more properties, or other ones, as pairs. */
  Rig serve(Object... more) {
    device = new ServedImage(bus, machine, device(more));
    return this;
  }

  Map<String, Object> device(Object... more) {
    return with(Map.of("name", "disk0", "image", image.toString(), "faces", machine.transport() + ".split.window"), more);
  }

  Rig attach(Object... more) {
    port = new ConfiguredPort(context(), bus, port(more));
    current = combination("block.fake.split.window");
    port.bindGlue(current);
    return this;
  }

  static Map<String, Object> port(Object... more) {
    return with(Map.of("service.pid", "virtio.block~disk0", "glue.target", "(virtio.glue=block.fake.split.window)"), more);
  }

  /** As SCR does it: the new combination is bound before the old one is unbound. */
  void exchange() {
    Combination before = current;
    current = combination("block.fake.split.window");
    port.bindGlue(current);
    port.unbindGlue(before);
  }

  Combination combination(String name) {
    return new Combination(driver, machine, ring, config, Map.of("virtio.glue", name));
  }

  private static Map<String, Object> with(Map<String, Object> base, Object... more) {
    Map<String, Object> properties = new HashMap<>(base);
    for (int i = 0; i < more.length; i += 2) {
      properties.put((String) more[i], more[i + 1]);
    }
    return properties;
  }

  BlockDevice disk() {
    if (!Await.that(LIMIT, () -> services.stream().anyMatch(BlockDevice.class::isInstance))) {
      throw new AssertionError("no disk: " + port.state() + "; " + device.state() + "; " + bus.devices());
    }
    return services.stream().filter(BlockDevice.class::isInstance).map(BlockDevice.class::cast).findFirst().orElseThrow();
  }

  /** A registry of the two kinds of service that a port registers. */
  private BundleContext context() {
    return (BundleContext) Proxy.newProxyInstance(Rig.class.getClassLoader(), new Class<?>[] {BundleContext.class},
        (proxy, method, arguments) -> {
      if (!method.getName().equals("registerService") || !(arguments[0] instanceof Class<?> type)) {
        throw new UnsupportedOperationException(method.toString());
      }
      if (type != Port.class && type != BlockDevice.class || !(arguments[2] instanceof Dictionary<?, ?>)) {
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
  public void close() throws Exception {
    if (port != null) {
      port.deactivate();
    }
    if (device != null) {
      device.close();
    }
    bus.close();
    machine.close();
  }
}
