package virtio.device.pipe;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import virtio.bus.Bus;
import virtio.bus.Host;
import virtio.bus.model.ModelProperties;

/**
 * One configured pipe: opens its other end and shows it on its host. A bad property gives one line and nothing is served, until a corrected
 * configuration comes; what is served already stays as it is.
 */
@Component(name = "virtio.device.pipe", configurationPid = "virtio.device.pipe", configurationPolicy = ConfigurationPolicy.REQUIRE,
    immediate = true, service = {})
@Designate(ocd = Configuration.class, factory = true)
public final class ServedPipe {
  private static final Logger LOG = System.getLogger("virtio.device.pipe");

  private final Bus bus;
  private final Host host;
  private DeviceSettings settings;
  private OtherEnd end;
  private Bus.Serving serving;
  private String state = "";

  @Activate
  public ServedPipe(@Reference(name = "bus") Bus bus, @Reference(name = "host") Host host, Map<String, Object> properties) {
    this.bus = bus;
    this.host = host;
    modified(properties);
  }

  @Modified
  public synchronized void modified(Map<String, Object> properties) {
    try {
      DeviceSettings wanted = DeviceSettings.of(properties);
      if (serving == null || !settings.equals(wanted)) {
        boolean moves = serving == null || !settings.sameEnd(wanted);
        OtherEnd elsewhere = moves ? wanted.open() : null;   // before anything is closed: a bad one touches nothing
        close();
        serve(wanted, moves ? elsewhere : wanted.open());
        settings = wanted;
      }
      state = "";
    } catch (IllegalArgumentException | IllegalStateException e) {
      state = "virtio.device.pipe " + ModelProperties.name(properties) + ": " + e.getMessage();
      LOG.log(Level.ERROR, state);
    }
  }

  private void serve(DeviceSettings wanted, OtherEnd opened) {
    PipeModel model = new PipeModel(opened.toDriver(), opened.fromDriver(), opened::moved, wanted.queueSize());
    opened.open(model::news);
    boolean served = false;
    try {
      serving = bus.serve(wanted.name(), model, wanted.faces(), host);
      end = opened;
      served = true;
    } finally {
      if (!served) {
        opened.close();
      }
    }
  }

  /** What is wrong, in one line; empty when it is served. */
  public synchronized String state() {
    return state;
  }

  @Deactivate
  public synchronized void close() {
    if (serving == null) {
      return;
    }
    serving.close();
    serving = null;
    end.close();
    end = null;
  }
}
