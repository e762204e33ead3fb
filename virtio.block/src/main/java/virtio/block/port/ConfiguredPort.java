package virtio.block.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.Designate;
import virtio.block.BlockDevice;
import virtio.block.DiskInformation;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.Port;

/**
 * The stable component: one per configuration, there as long as that is. SCR binds a new combination before it unbinds the old one, on
 * Config Admin's one thread; so both only record what is wanted, and unbinding waits a bounded time until the old one is out.
 */
@Component(name = "virtio.block", configurationPid = "virtio.block", configurationPolicy = ConfigurationPolicy.REQUIRE, immediate = true,
    service = {})
@Designate(ocd = Configuration.class, factory = true)
public final class ConfiguredPort implements Port, Publisher {
  private static final Logger LOG = System.getLogger("virtio.block");
  /** Below SCR's own limit for its lock, 5 s. */
  private static final long OUT = TimeUnit.MILLISECONDS.toNanos(4500);
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private final BundleContext context;
  private final Control control;
  private final ServiceRegistration<Port> shown;
  private volatile String name;
  private ServiceRegistration<BlockDevice> disk;

  @Activate
  public ConfiguredPort(BundleContext context, @Reference(name = "bus") Bus bus, Map<String, Object> properties) {
    this.context = context;
    this.name = Settings.name(properties);
    this.control = new Control(bus, this, name);
    configure(properties);
    this.shown = context.registerService(Port.class, this, port());
    control.start();
  }

  @Modified
  public void modified(Map<String, Object> properties) {
    configure(properties);
    String now = Settings.name(properties);
    if (!now.equals(name)) {
      name = now;
      shown.setProperties(port());
    }
  }

  private void configure(Map<String, Object> properties) {
    String target = Settings.target(properties);
    try {
      control.configure(target, Settings.of(properties), null);
    } catch (IllegalArgumentException e) {
      LOG.log(Level.ERROR, "virtio.block " + Settings.name(properties) + ": " + e.getMessage());
      control.configure(target, null, e.getMessage());
    }
  }

  @Reference(name = "glue", target = "(virtio.glue=block.*)", cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  public void bindGlue(Combination combination) {
    control.want(combination);
  }

  public void unbindGlue(Combination combination) {
    if (!control.release(combination, OUT)) {
      LOG.log(Level.WARNING, "virtio.block " + name + ": " + combination.name() + " is still being taken out");
    }
  }

  @Deactivate
  public void deactivate() {
    if (!control.stop(OUT)) {
      LOG.log(Level.WARNING, "virtio.block " + name + ": the device is still being taken out");
    }
    shown.unregister();
  }

  @Override
  public synchronized void online(String combination) {
    Dictionary<String, Object> properties = port();
    properties.put("virtio.glue", combination);
    if (disk == null) {
      disk = context.registerService(BlockDevice.class, new ServedDisk(control.traffic(), control), properties);
    } else {
      disk.setProperties(properties);
    }
  }

  @Override
  public synchronized void offline() {
    if (disk != null) {
      disk.unregister();
      disk = null;
    }
  }

  private Dictionary<String, Object> port() {
    Dictionary<String, Object> properties = new Hashtable<>();
    properties.put("virtio.port", name);
    properties.put("virtio.kind", kind());
    return properties;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String kind() {
    return "block";
  }

  @Override
  public String combination() {
    return control.combination();
  }

  @Override
  public String size() {
    DiskInformation information = control.traffic().information();
    return information == null ? "" : size(information.capacity());
  }

  /** {@code "64 MiB"}; in the next smaller unit where it is no whole number. */
  static String size(long sectors) {
    long bytes = sectors * 512;
    int unit = 0;
    while (bytes != 0 && bytes % 1024 == 0 && unit < UNITS.length - 1) {
      bytes /= 1024;
      unit++;
    }
    return bytes + " " + UNITS[unit];
  }

  @Override
  public String state() {
    return control.state();
  }

  @Override
  public boolean online() {
    return control.online();
  }

  @Override
  public Bus.DeviceReport device() {
    return control.report();
  }
}
