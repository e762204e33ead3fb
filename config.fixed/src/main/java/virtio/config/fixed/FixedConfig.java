package virtio.config.fixed;

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

/**
 * The config handler {@code fixed}: 128 bytes for the host's driver, 128 for the device's, and a queue for all that a driver has to say.
 */
@Component(name = "virtio.config.fixed")
@Provides.Config("fixed")
public final class FixedConfig implements ConfigHandler {
  /** The bytes in a page of entries, and elsewhere. */
  static final String ENTRY = "entry";
  static final String NOTIFY = "notify";
  static final String FIXED = "fixed";

  /** Without state. */
  @Activate
  public FixedConfig() {
  }

  @Override
  public String lacks(BusDevice device) {
    if (ManufacturedBytes.in(device.store())) {
      return null;
    }
    if (device.window(FIXED) == null && device.window(ENTRY) == null) {
      return "window 'fixed' nor 'entry', nor words 'fixed/host' and 'fixed/driver'";
    }
    return device.interrupts().stream().allMatch(Objects::isNull) ? "interrupts" : null;
  }

  @Override
  public DeviceId identify(BusDevice device) {
    Window bytes = lacks(device) == null ? bytes(device) : null;
    return bytes == null ? null : new DeviceId((int) bytes.read(Bytes256.TYPE, 2), (int) bytes.read(Bytes256.VENDOR, 2));
  }

  @Override
  public DeviceConfig open(BusDevice device) {
    Window bytes = bytes(device);
    if (bytes == null) {
      throw new IllegalStateException(device.name() + ": no 256 bytes that begin with 0x" + Integer.toHexString(Bytes256.MAGIC_VALUE));
    }
    return bytes instanceof ManufacturedBytes ? new ManufacturedHalf(device, bytes) : new AskingHalf(device, bytes);
  }

  @Override
  public Registration expose(DeviceConfig device, Slot slot) {
    return HostHalf.expose(device, slot);
  }

  /** Null for bytes that are none of ours. */
  private static Window bytes(BusDevice device) {
    Window bytes = ManufacturedBytes.in(device.store()) ? ManufacturedBytes.of(device.store())
        : device.window(FIXED) != null ? device.window(FIXED) : device.window(ENTRY);
    return bytes != null && bytes.size() >= Bytes256.SIZE && (int) bytes.read(Bytes256.MAGIC, 4) == Bytes256.MAGIC_VALUE ? bytes : null;
  }
}
