package virtio.config.mmio;

import java.util.Objects;
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

/**
 * The config handler {@code mmio}: a device is one block of registers.
 *
 * <p>Spec: virtio 1.4, "Virtio Over MMIO"
 */
@Component(name = "virtio.config.mmio")
@Provides.Config("mmio")
public final class MmioConfig implements ConfigHandler {
  /** The window with the registers. */
  static final String MMIO = "mmio";

  /** Without state. */
  @Activate
  public MmioConfig() {
  }

  /** No register says what a doorbell is to tell, and none stops a single queue. */
  @Override
  public Features features() {
    return Features.ALL.without(FeatureBits.VIRTIO_F_NOTIF_CONFIG_DATA).without(FeatureBits.VIRTIO_F_RING_RESET);
  }

  /** How a doorbell is spelled is this handler's business. */
  @Override
  public Features accepts() {
    return Features.of(FeatureBits.VIRTIO_F_NOTIFICATION_DATA);
  }

  @Override
  public String lacks(BusDevice device) {
    Window window = device.window(MMIO);
    if (window == null || window.size() < MmioRegisters.CONFIG) {
      return "window 'mmio'";
    }
    return device.interrupts().stream().allMatch(Objects::isNull) ? "interrupts" : null;
  }

  @Override
  public DeviceId identify(BusDevice device) {
    return lacks(device) == null ? identity(device.window(MMIO)) : null;
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
   * Null for nobody: no such registers, none of a version that is known, or an empty slot.
   *
   * <p>Spec: virtio 1.4, "MMIO Device Register Layout"
   */
  static DeviceId identity(Window window) {
    if (window.read(MmioRegisters.MAGIC_VALUE, 4) != MmioRegisters.MAGIC) {
      return null;
    }
    int type = (int) window.read(MmioRegisters.DEVICE_ID, 4);
    return type == 0 ? null : new DeviceId(type, (int) window.read(MmioRegisters.VENDOR_ID, 4));
  }
}
