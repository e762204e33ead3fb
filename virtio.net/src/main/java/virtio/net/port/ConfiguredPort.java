package virtio.net.port;

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
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.port.PortProperties;
import virtio.bus.port.PortSettings;
import virtio.bus.port.ServedPort;
import virtio.net.NetworkDevice;

/** The net port's component. */
@Component(name = "virtio.net", configurationPid = "virtio.net", configurationPolicy = ConfigurationPolicy.REQUIRE, immediate = true,
    service = {})
@Designate(ocd = Configuration.class, factory = true)
public final class ConfiguredPort extends ServedPort<NetworkDevice> {
  private final Control control;

  @Activate
  public ConfiguredPort(BundleContext context, @Reference(name = "bus") Bus bus, Map<String, Object> properties) {
    super(context, NetworkDevice.class, "net", properties);
    control = new Control(bus, this, name());
    begin(control, properties);
  }

  @Modified
  public void modified(Map<String, Object> properties) {
    change(properties);
  }

  @Reference(name = "glue", target = "(virtio.glue=net.*)", cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
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
    return control.take(Settings.of(properties));
  }

  @Override
  protected NetworkDevice service() {
    return new ServedCard(control);
  }

  /** The card's address. */
  @Override
  public String size() {
    return control.traffic().information() == null ? "" : control.wishes().mac(control.traffic().information()).toString();
  }
}
