package virtio.host.pci;

import java.io.IOException;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.Designate;
import virtio.bus.Host;
import virtio.bus.Machine;

/**
 * The brick: one machine per factory configuration {@code virtio.host.pci}. It registers a {@link Host} with {@code virtio.host=<name>}, and
 * a {@link Machine} with {@code virtio.machine=<name>} and {@code virtio.machine.kind=pci}.
 *
 * <p>A bad value costs one line in the log and registers nothing; the next configuration heals it.
 */
@Component(name = "virtio.host.pci", configurationPid = "virtio.host.pci", configurationPolicy = ConfigurationPolicy.REQUIRE,
    immediate = true, service = {})
@Designate(ocd = MachineSettings.class, factory = true)
public final class ConfiguredMachine {
  private static final System.Logger LOG = System.getLogger("virtio.host.pci");
  private static final long RELEASE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private PciHost host;
  private ServiceRegistration<Host> hosting;
  private ServiceRegistration<Machine> machine;

  /** Makes what the configuration says. */
  @Activate
  public ConfiguredMachine(BundleContext context, Map<String, Object> properties) {
    try {
      Settings settings = Settings.of(properties);
      host = PciHost.start(settings);
      hosting = context.registerService(Host.class, host,
          new Hashtable<>(Map.of("virtio.host", settings.name(), "virtio.transport", host.transport())));
      machine = context.registerService(Machine.class, host.machine(),
          new Hashtable<>(Map.of("virtio.machine", settings.name(), "virtio.machine.kind", "pci")));
    } catch (IllegalArgumentException | IOException bad) {
      LOG.log(System.Logger.Level.ERROR, properties.getOrDefault("service.pid", "virtio.host.pci") + ": " + bad.getMessage());
    }
  }

  /** Takes the guest's end away first, while devices still answer; then the host's. */
  @Deactivate
  public void stop() {
    if (host == null) {
      return;
    }
    machine.unregister();
    try {
      host.memory().guest().awaitRegions(0, RELEASE_NANOS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    hosting.unregister();
    host.close();
  }
}
