package virtio.device.block;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
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
 * One configured disk: opens its image and shows it on its host. A bad property gives one line and nothing is served, until a corrected
 * configuration comes; what is served already stays as it is.
 */
@Component(name = "virtio.device.block", configurationPid = "virtio.device.block", configurationPolicy = ConfigurationPolicy.REQUIRE,
    immediate = true, service = {})
@Designate(ocd = Configuration.class, factory = true)
public final class ServedImage {
  private static final Logger LOG = System.getLogger("virtio.device.block");

  private final Bus bus;
  private final Host host;
  private DeviceSettings settings;
  private Image image;
  private FileDisk disk;
  private Bus.Serving serving;
  private String state = "";

  @Activate
  public ServedImage(@Reference(name = "bus") Bus bus, @Reference(name = "host") Host host, Map<String, Object> properties) {
    this.bus = bus;
    this.host = host;
    modified(properties);
  }

  @Modified
  public synchronized void modified(Map<String, Object> properties) {
    try {
      DeviceSettings wanted = DeviceSettings.of(properties);
      if (serving != null && settings.resizes(wanted)) {
        resize(wanted);
      } else if (serving == null || !settings.equals(wanted)) {
        // Before anything is closed: an image that cannot be opened touches nothing. Its own is opened once it is closed.
        Image another = serving == null || !settings.image().equals(wanted.image()) ? open(wanted) : null;
        close();
        serve(wanted, another == null ? open(wanted) : another);
      }
      settings = wanted;
      state = "";
    } catch (BadProperty | IllegalArgumentException | IllegalStateException | IOException e) {
      state = "virtio.device.block " + ModelProperties.name(properties) + ": " + (e instanceof IOException ? e.toString() : e.getMessage());
      LOG.log(Level.ERROR, state);
    }
  }

  private static Image open(DeviceSettings wanted) throws BadProperty, IOException {
    if (wanted.size() > 0 && Files.notExists(wanted.image())) {
      create(wanted);
    }
    return Image.open(wanted.image(), wanted.readOnly());
  }

  private void serve(DeviceSettings wanted, Image opened) throws IOException {
    boolean served = false;
    try {
      FileDisk model = new FileDisk(wanted.name(), opened, wanted.layout());
      serving = bus.serve(wanted.name(), model, wanted.faces(), host);
      image = opened;
      disk = model;
      served = true;
    } finally {
      if (!served) {
        opened.close();
      }
    }
    if (wanted.size() > 0 && wanted.size() != opened.bytes()) {
      LOG.log(Level.WARNING, "virtio.device.block " + wanted.name() + ": size=" + wanted.size() + " left alone: image=" + wanted.image()
          + " has " + opened.bytes() + " bytes (a size changed while it is served resizes it)");
    }
  }

  private static void create(DeviceSettings wanted) throws BadProperty {
    try {
      Image.create(wanted.image(), wanted.size());
    } catch (IOException e) {
      throw new BadProperty("image", wanted.image(), "cannot be made: " + e);
    }
  }

  private void resize(DeviceSettings wanted) throws BadProperty, IOException {
    if (wanted.size() == 0) {
      return;
    }
    if (image.readOnly()) {
      throw new BadProperty("size", wanted.size(), "a read-only image stays as it is");
    }
    disk.resize(wanted.size());
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
    disk = null;
    try {
      image.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "virtio.device.block " + settings.name() + ": image=" + image.path() + " not closed: " + e);
    }
    image = null;
  }
}
