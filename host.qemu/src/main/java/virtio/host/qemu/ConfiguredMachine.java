package virtio.host.qemu;

import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.Designate;

/**
 * The brick: one QEMU per factory configuration {@code virtio.host.qemu}. While it runs a {@link virtio.bus.Machine} is registered, with
 * {@code virtio.machine=<name>} and {@code virtio.machine.kind=pci}.
 *
 * <p>A bad value costs one line in the log and registers nothing; the next configuration heals it. So does what QEMU refuses, but that is
 * tried again.
 */
@Component(name = "virtio.host.qemu", configurationPid = "virtio.host.qemu", configurationPolicy = ConfigurationPolicy.REQUIRE,
    immediate = true, service = ConfiguredMachine.class)
@Designate(ocd = MachineSettings.class, factory = true)
public final class ConfiguredMachine {
  private static final System.Logger LOG = System.getLogger("virtio.host.qemu");

  private final String name;
  private final MachineKeeper keeper;

  /** Starts what the configuration says. */
  @Activate
  public ConfiguredMachine(BundleContext context, Map<String, Object> properties) {
    Settings settings = null;
    try {
      settings = Settings.of(properties);
    } catch (IllegalArgumentException bad) {
      LOG.log(System.Logger.Level.ERROR, properties.getOrDefault("service.pid", "virtio.host.qemu") + ": " + bad.getMessage());
    }
    name = settings == null ? "" : settings.name();
    keeper = settings == null ? null : new MachineKeeper(context, settings);
  }

  String name() {
    return name;
  }

  /** Null while it does not run. */
  QemuMachine machine() {
    return keeper == null ? null : keeper.machine();
  }

  /** Takes the machine away first, while its devices still answer; then ends QEMU. */
  @Deactivate
  public void stop() {
    if (keeper != null) {
      keeper.close();
    }
  }
}
