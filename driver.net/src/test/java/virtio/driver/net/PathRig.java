package virtio.driver.net;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.Port;
import virtio.bus.RingFormat;
import virtio.bus.core.VirtioBus;
import virtio.device.net.ServedCard;
import virtio.device.net.Switches;
import virtio.net.NetworkDevice;
import virtio.net.port.ConfiguredPort;
import virtio.ring.split.SplitRing;
import virtio.testkit.Await;
import virtio.testkit.RegisteredServices;
import virtio.testkit.fake.FakeMachine;
import virtio.testkit.fake.WindowConfig;

/** Everything from one card's user to another's, without a container: the real bus, ring, driver, devices, switch and ports. */
final class PathRig implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(30);
  private final String format;
  private final String glue;

  final FakeMachine machine = new FakeMachine("m0");
  final VirtioBus bus = new VirtioBus();
  private final RingFormat ring;
  private final ConfigHandler config = new WindowConfig();
  private final NetDriver driver = new NetDriver();
  private final Switches switches = new Switches();
  final End a = new End("a");
  final End b = new End("b");

  /** A card, and its port. */
  final class End {
    private final String name;
    private final RegisteredServices services = new RegisteredServices();
    private final Map<String, Object> wanted = new HashMap<>();
    ServedCard device;
    ConfiguredPort port;
    private Combination current;

    End(String name) {
      this.name = name;
    }

    void serve(Object... more) {
      wanted.putAll(Map.of("name", name, "switch", "s0", "faces", machine.transport() + "." + format + ".window"));
      put(wanted, more);
      device = new ServedCard(bus, machine, switches, wanted);
    }

    /** Changes the device's configuration. */
    void change(Object... more) {
      put(wanted, more);
      device.modified(wanted);
    }

    void attach(Object... more) {
      Map<String, Object> properties = new HashMap<>(Map.of("name", name, "glue.target", "(virtio.glue=" + glue + ")"));
      put(properties, more);
      port = new ConfiguredPort(services.context(), bus, properties);
      current = combination();
      port.bindGlue(current);
    }

    /** As SCR does it: the new combination is bound before the old one is unbound. */
    void exchange() {
      Combination before = current;
      current = combination();
      port.bindGlue(current);
      port.unbindGlue(before);
      card();
    }

    /** Takes the combination out, and puts it back. */
    void rebind() {
      port.unbindGlue(current);
      current = combination();
      port.bindGlue(current);
      card();
    }

    /** Waits until it serves. */
    NetworkDevice card() {
      Port shown = services.service(Port.class);
      if (!Await.that(LIMIT, () -> shown.online() && services.has(NetworkDevice.class))) {
        throw new AssertionError("no card: " + shown.state() + "; " + device.state() + "; " + bus.devices());
      }
      return services.service(NetworkDevice.class);
    }

    private void close() {
      if (port != null) {
        port.deactivate();
      }
      if (device != null) {
        device.close();
      }
    }
  }

  PathRig() {
    this("split", new SplitRing());
  }

  PathRig(String format, RingFormat ring) {
    this.format = format;
    this.ring = ring;
    glue = "net.fake." + format + ".window";
    machine.withChannels(ring.sharesMemory() ? 0 : 1 << 16);
    bus.bindTransport(machine, Map.of("virtio.transport", "fake"));
    bus.bindRing(ring, Map.of("virtio.ring", format));
    bus.bindConfig(config, Map.of("virtio.config", "window"));
  }

  /** Two cards on one switch. */
  PathRig up(Object... device) {
    a.serve(device);
    a.attach();
    a.card();
    b.serve(device);
    b.attach();
    b.card();
    return this;
  }

  private Combination combination() {
    return new Combination(driver, machine, ring, config, Map.of("virtio.glue", glue));
  }

  private static void put(Map<String, Object> into, Object... pairs) {
    for (int i = 0; i < pairs.length; i += 2) {
      into.put((String) pairs[i], pairs[i + 1]);
    }
  }

  @Override
  public void close() {
    a.close();
    b.close();
    bus.close();
    machine.close();
  }
}
