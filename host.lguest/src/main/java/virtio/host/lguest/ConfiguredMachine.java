package virtio.host.lguest;

import java.io.IOException;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.Designate;
import virtio.bus.Host;

/**
 * The brick: one machine, or one end of one, per factory configuration {@code virtio.host.lguest}. It registers a {@link Host} with
 * {@code virtio.host=<name>} where the host is here, and a {@link virtio.bus.Machine} with {@code virtio.machine=<name>} while the
 * guest is.
 *
 * <p>A bad value costs one line in the log and registers nothing; the next configuration heals it.
 */
@Component(name = "virtio.host.lguest", configurationPid = "virtio.host.lguest", configurationPolicy = ConfigurationPolicy.REQUIRE,
    immediate = true, service = {})
@Designate(ocd = MachineSettings.class, factory = true)
public final class ConfiguredMachine {
  private static final System.Logger LOG = System.getLogger("virtio.host.lguest");

  private MachineMemory memory;
  private LguestHost host;
  private ServiceRegistration<Host> registration;
  private GuestKeeper guest;

  /** Makes what the configuration says. */
  @Activate
  public ConfiguredMachine(BundleContext context, Map<String, Object> properties) {
    try {
      start(context, Settings.of(properties));
    } catch (IllegalArgumentException | IOException bad) {
      LOG.log(System.Logger.Level.ERROR, properties.getOrDefault("service.pid", "virtio.host.lguest") + ": " + bad.getMessage());
    }
  }

  private void start(BundleContext context, Settings settings) throws IOException {
    Tuning tuning = new Tuning(Tuning.DEFAULT.looks(), Tuning.DEFAULT.sleepNanos(), settings.deadlineMillis() * 1_000_000L);
    if (settings.role() != Settings.Role.GUEST) {
      memory = settings.file() == null ? MachineMemory.create(settings.memory(), settings.layout())
          : MachineMemory.create(settings.file(), settings.memory(), settings.layout());
      host = LguestHost.start(settings.name(), memory, tuning);
      registration = context.registerService(Host.class, host,
          properties(Map.of("virtio.host", settings.name(), "virtio.transport", host.transport())));
    }
    if (settings.role() != Settings.Role.HOST) {
      GuestKeeper.Source source = memory == null ? () -> MachineMemory.attach(settings.file()) : () -> memory;
      guest = new GuestKeeper(context, settings.name(), source, memory == null, tuning);
    }
  }

  /** Takes the guest's end away first, while devices still answer; then the host's; then the memory. */
  @Deactivate
  public void stop() {
    if (guest != null) {
      guest.close();
    }
    if (registration != null) {
      registration.unregister();
    }
    if (host != null) {
      host.close();
    }
    if (memory != null) {
      memory.close();
    }
  }

  static Dictionary<String, Object> properties(Map<String, Object> properties) {
    return new Hashtable<>(properties);
  }
}
