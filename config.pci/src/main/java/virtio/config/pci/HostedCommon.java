package virtio.config.pci;

import virtio.bus.Window;
import virtio.bus.registers.DeviceRegisters;

/**
 * The common configuration structure as the device shows it.
 *
 * <p>Spec: virtio 1.4, "Common configuration structure layout"
 */
final class HostedCommon implements Window {
  /** Between a queue's index and what a driver writes to its doorbell instead, where that was negotiated. */
  private static final int NOTIFICATION_DATA = 0x40;

  private final DeviceRegisters registers;
  private final HostedEvents events;

  HostedCommon(DeviceRegisters registers, HostedEvents events) {
    this.registers = registers;
    this.events = events;
  }

  /** What a driver writes to that queue's doorbell with NOTIF_CONFIG_DATA. */
  static int notificationData(int queue) {
    return queue + NOTIFICATION_DATA & 0xFFFF;
  }

  @Override
  public long size() {
    return CommonCfg.END;
  }

  @Override
  public long read(long offset, int width) {
    if (!takes(offset, width)) {
      return 0;
    }
    boolean exists = registers.selected() < registers.queues();
    return switch ((int) offset) {
      case CommonCfg.DEVICE_FEATURE_SELECT -> registers.deviceFeatureSelect();
      case CommonCfg.DEVICE_FEATURE -> registers.deviceFeatures();
      case CommonCfg.DRIVER_FEATURE_SELECT -> registers.driverFeatureSelect();
      case CommonCfg.DRIVER_FEATURE -> registers.driverFeatures();
      case CommonCfg.CONFIG_MSIX_VECTOR -> events.configuration();
      case CommonCfg.NUM_QUEUES -> registers.queues();
      case CommonCfg.DEVICE_STATUS -> registers.status();
      case CommonCfg.CONFIG_GENERATION -> registers.generation() & 0xFF;
      case CommonCfg.QUEUE_SELECT -> registers.selected();
      case CommonCfg.QUEUE_SIZE -> registers.size();
      case CommonCfg.QUEUE_MSIX_VECTOR -> events.queue(registers.selected(), CommonCfg.VIRTIO_MSI_NO_VECTOR);
      case CommonCfg.QUEUE_ENABLE -> registers.ready() ? 1 : 0;
      case CommonCfg.QUEUE_NOTIFY_OFF -> exists ? registers.selected() : 0;
      case CommonCfg.QUEUE_NOTIF_CONFIG_DATA -> exists ? notificationData(registers.selected()) : 0;
      case CommonCfg.QUEUE_RESET, CommonCfg.ADMIN_QUEUE_INDEX, CommonCfg.ADMIN_QUEUE_NUM -> 0;
      default -> registers.area(part(offset), upper(offset));
    };
  }

  @Override
  public void write(long offset, int width, long written) {
    if (!takes(offset, width)) {
      return;
    }
    long value = written & -1L >>> 64 - 8 * width;
    switch ((int) offset) {
      case CommonCfg.DEVICE_FEATURE_SELECT -> registers.deviceFeatureSelect(value);
      case CommonCfg.DRIVER_FEATURE_SELECT -> registers.driverFeatureSelect(value);
      case CommonCfg.DRIVER_FEATURE -> registers.driverFeatures(value);
      case CommonCfg.CONFIG_MSIX_VECTOR -> events.configuration(value);
      case CommonCfg.DEVICE_STATUS -> registers.status(value);
      case CommonCfg.QUEUE_SELECT -> registers.select(value);
      case CommonCfg.QUEUE_SIZE -> registers.size(value);
      case CommonCfg.QUEUE_MSIX_VECTOR -> events.map(registers.selected(), value);
      case CommonCfg.QUEUE_ENABLE -> enable(value);
      case CommonCfg.DEVICE_FEATURE, CommonCfg.NUM_QUEUES, CommonCfg.CONFIG_GENERATION, CommonCfg.QUEUE_NOTIFY_OFF,
          CommonCfg.QUEUE_NOTIF_CONFIG_DATA, CommonCfg.QUEUE_RESET, CommonCfg.ADMIN_QUEUE_INDEX, CommonCfg.ADMIN_QUEUE_NUM ->
          registers.refuse("write to " + offset + " of the common configuration, which is read-only");
      default -> registers.area(part(offset), upper(offset), value);
    }
  }

  private void enable(long value) {
    if (value == 0) {
      registers.refuse("queue_enable of 0");
    } else {
      registers.ready(value);
    }
  }

  private boolean takes(long offset, int width) {
    if (CommonCfg.isRegister(offset, width)) {
      return true;
    }
    registers.refuse("access of " + width + " bytes at " + offset + " of the common configuration");
    return false;
  }

  private static int part(long offset) {
    return (int) (offset - CommonCfg.QUEUE_DESC) / 8;
  }

  private static boolean upper(long offset) {
    return offset % 8 != 0;
  }
}
