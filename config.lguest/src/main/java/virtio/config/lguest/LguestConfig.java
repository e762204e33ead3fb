package virtio.config.lguest;

import java.util.Objects;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.annotation.Provides;

/** The config handler {@code lguest}: a device is an entry of plain memory, and a NOTIFY says that something was written there. */
@Component(name = "virtio.config.lguest")
@Provides.Config("lguest")
public final class LguestConfig implements ConfigHandler {
  /** The window with the entry. */
  static final String ENTRY = "entry";
  /** The window whose writes the host serves before they return. */
  static final String NOTIFY = "notify";

  /** Without state. */
  @Activate
  public LguestConfig() {
  }

  @Override
  public String lacks(BusDevice device) {
    if (device.window(ENTRY) == null) {
      return "window 'entry'";
    }
    if (device.window(NOTIFY) == null) {
      return "window 'notify'";
    }
    if (device.memory() == null) {
      return "shared memory";
    }
    return device.interrupts().stream().allMatch(Objects::isNull) ? "interrupts" : null;
  }

  @Override
  public DeviceId identify(BusDevice device) {
    return lacks(device) == null ? identity(device.window(ENTRY)) : null;
  }

  @Override
  public DeviceConfig open(BusDevice device) {
    return new DriverHalf(device);
  }

  @Override
  public Registration expose(DeviceConfig device, Slot slot) {
    return HostHalf.expose(device, slot);
  }

  /** Who lies in that entry; null for nobody. An entry without our extension is a device of the usual vendor. */
  static DeviceId identity(Window window) {
    int type = (int) window.read(DeviceEntry.TYPE, 1);
    DeviceEntry entry = DeviceEntry.at(window, 0);
    if (type == 0 || type == DeviceEntry.TYPE_REMOVED || entry.length() != window.size()) {
      return null;
    }
    if (!extended(window, entry)) {
      return type == DeviceEntry.TYPE_ELSEWHERE ? null : new DeviceId(type, DeviceId.VENDOR_QUMRANET);
    }
    return new DeviceId((int) window.read(entry.config(Extension.DEVICE_TYPE), 4), (int) window.read(entry.config(Extension.VENDOR), 4));
  }

  /** Whether it has the bytes of our own. */
  static boolean extended(Window window, DeviceEntry entry) {
    return entry.configLength() >= Extension.FIELDS && window.read(entry.config(Extension.MARK), 2) == Extension.MARK_VALUE;
  }
}
