package virtio.config.pci;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.annotation.Provides;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.Pci;

/**
 * The config handler {@code pci}: a device is a few structures of registers, found by capabilities. A transitional device is used as a
 * modern one; a legacy device is refused by that word.
 *
 * <p>Spec: virtio 1.4, "Virtio Over PCI Bus"
 */
@Component(name = "virtio.config.pci")
@Provides.Config("pci")
public final class PciConfig implements ConfigHandler {
  /** The window with configuration space. */
  static final String CONFIG = "config";

  /** Without state. */
  @Activate
  public PciConfig() {
  }

  /** How a doorbell is spelled is this handler's business. */
  @Override
  public Features accepts() {
    return Features.of(FeatureBits.VIRTIO_F_NOTIFICATION_DATA, FeatureBits.VIRTIO_F_NOTIF_CONFIG_DATA);
  }

  @Override
  public String lacks(BusDevice device) {
    if (device.window(CONFIG) == null) {
      return "window 'config'";
    }
    return device.memory() == null ? "shared memory" : null;
  }

  @Override
  public DeviceId identify(BusDevice device) {
    return lacks(device) == null ? identity(device.window(CONFIG)) : null;
  }

  @Override
  public DeviceConfig open(BusDevice device) {
    return new DriverHalf(device);
  }

  @Override
  public Registration expose(DeviceConfig device, Slot slot) {
    return HostHalf.expose(device, slot);
  }

  /**
   * Null for nobody: no virtio function, or none any more.
   *
   * <p>Spec: virtio 1.4, "PCI Device Discovery"
   */
  static DeviceId identity(Window config) {
    int vendor = (int) config.read(Pci.VENDOR_ID, 2);
    int device = (int) config.read(Pci.DEVICE_ID, 2);
    if (!Pci.isVirtio(vendor, device)) {
      return null;
    }
    int type = device >= Pci.VIRTIO_MODERN ? device - Pci.VIRTIO_MODERN : (int) config.read(Pci.SUBSYSTEM_ID, 2);
    return new DeviceId(type, (int) config.read(Pci.SUBSYSTEM_VENDOR_ID, 2));
  }
}
