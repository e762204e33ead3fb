package virtio.block.port;

import java.util.Map;
import org.osgi.framework.BundleContext;
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
import virtio.bus.port.PortProperties;
import virtio.bus.port.PortSettings;
import virtio.bus.port.ServedPort;

/** The block port's component. */
@Component(name = "virtio.block", configurationPid = "virtio.block", configurationPolicy = ConfigurationPolicy.REQUIRE, immediate = true,
    service = {})
@Designate(ocd = Configuration.class, factory = true)
public final class ConfiguredPort extends ServedPort<BlockDevice> {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private final Control control;

  @Activate
  public ConfiguredPort(BundleContext context, @Reference(name = "bus") Bus bus, Map<String, Object> properties) {
    super(context, BlockDevice.class, "block", properties);
    control = new Control(bus, this, name());
    begin(control, properties);
  }

  @Modified
  public void modified(Map<String, Object> properties) {
    change(properties);
  }

  @Reference(name = "glue", target = "(virtio.glue=block.*)", cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  public void bindGlue(Combination combination) {
    want(combination);
  }

  public void unbindGlue(Combination combination) {
    release(combination);
  }

  @Deactivate
  public void deactivate() {
    end();
  }

  @Override
  protected PortSettings settings(PortProperties properties) {
    return control.take(Settings.of(properties.properties()));
  }

  @Override
  protected BlockDevice service() {
    return new ServedDisk(control.traffic(), control);
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
}
