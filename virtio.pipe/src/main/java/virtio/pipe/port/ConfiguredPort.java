package virtio.pipe.port;

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
import virtio.pipe.PipeDevice;

/** The pipe port's component. */
@Component(name = "virtio.pipe", configurationPid = "virtio.pipe", configurationPolicy = ConfigurationPolicy.REQUIRE, immediate = true,
    service = {})
@Designate(ocd = Configuration.class, factory = true)
public final class ConfiguredPort extends ServedPort<PipeDevice> {
  private final Control control;

  @Activate
  public ConfiguredPort(BundleContext context, @Reference(name = "bus") Bus bus, Map<String, Object> properties) {
    super(context, PipeDevice.class, "pipe", properties);
    control = new Control(bus, this, name());
    begin(control, properties);
  }

  @Modified
  public void modified(Map<String, Object> properties) {
    change(properties);
  }

  @Reference(name = "glue", target = "(virtio.glue=pipe.*)", cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
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
    return PortSettings.of(properties, properties.flag("raw"));
  }

  @Override
  protected PipeDevice service() {
    return new ServedPipe(control, control.life());
  }

  /** A pipe has none. */
  @Override
  public String size() {
    return "";
  }
}
