package virtio.config.tlv;

import java.util.Objects;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Exposure;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.annotation.Provides;

/** The config handler {@code tlv}: a device is a stream of fields that are marked as they are read. */
@Component(name = "virtio.config.tlv")
@Provides.Config("tlv")
public final class TlvConfig implements ConfigHandler {
  /** The entry as plain memory, and the window whose writes the host serves before they return. */
  static final String ENTRY = "entry";
  static final String NOTIFY = "notify";
  /** The entry as registers; and, in a store, its hexadecimal digits. */
  static final String TLV = "tlv";

  /** Without state. */
  @Activate
  public TlvConfig() {
  }

  @Override
  public String lacks(BusDevice device) {
    if (manufactured(device)) {
      return null;
    }
    if (device.window(TLV) == null && (device.window(ENTRY) == null || device.window(NOTIFY) == null)) {
      return "window 'tlv', nor windows 'entry' and 'notify', nor word 'tlv'";
    }
    return device.interrupts().stream().allMatch(Objects::isNull) ? "interrupts" : null;
  }

  @Override
  public DeviceId identify(BusDevice device) {
    if (lacks(device) != null) {
      return null;
    }
    Window window = entry(device);
    return window == null ? null : FieldTable.of(window).identity(window);
  }

  @Override
  public DeviceConfig open(BusDevice device) {
    Window window = entry(device);
    if (window == null) {
      throw new IllegalStateException(device.name() + ": its entry is of another layout, or its word 'tlv' is not hexadecimal");
    }
    boolean plain = !manufactured(device) && device.window(TLV) == null;
    return new DriverHalf(device, window, plain ? device.window(NOTIFY) : null);
  }

  @Override
  public Exposure expose(DeviceConfig device, Slot slot) {
    return HostHalf.expose(device, slot);
  }

  private static boolean manufactured(BusDevice device) {
    return device.window(TLV) == null && device.store() != null && device.store().get(TLV) != null;
  }

  /** Null for an entry that is none of this layout, as its length does not fit. */
  private static Window entry(BusDevice device) {
    if (manufactured(device)) {
      return ManufacturedEntry.of(device.store().get(TLV));
    }
    Window registers = device.window(TLV);
    if (registers != null) {
      return registers;
    }
    Window entry = device.window(ENTRY);
    return entry.size() >= Tlv.HEADER && Tlv.HEADER + entry.read(Tlv.CONFIG_LEN, 1) == entry.size() ? entry : null;
  }
}
