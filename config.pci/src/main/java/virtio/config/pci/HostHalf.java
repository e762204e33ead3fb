package virtio.config.pci;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.DeviceConfig;
import virtio.bus.PciFunction;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.registers.DeviceRegisters;
import virtio.bus.registers.FieldSpace;
import virtio.bus.spec.DeviceTypes;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.Pci;

/**
 * A device shown as a function: its structures in one region, and the capabilities that say so. As {@code Window} it is that region, on the
 * host's thread. A driver that accesses what it must not reads 0 and changes nothing.
 *
 * <p>Spec: virtio 1.4, "PCI Device Layout"
 */
final class HostHalf implements Window, Registration {
  /** Where the structures lie in the region. */
  static final int COMMON = 0;
  static final int ISR = 0x1000;
  static final int DEVICE = 0x2000;
  static final int NOTIFY = 0x3000;
  /** The region. */
  static final int BAR = 4;
  /** Bytes between two doorbells. */
  static final int MULTIPLIER = 4;

  private static final int LEAST_NOTIFY = 0x1000;
  /** What functions that are not transitional have there. */
  private static final int SUBSYSTEM = 0x1100;
  private static final int LAST_TYPE = Pci.VIRTIO_LAST - Pci.VIRTIO_MODERN;

  private final DeviceConfig device;
  private final DeviceRegisters registers;
  private final HostedEvents events;
  private final HostedCommon common;
  private final FieldSpace fields;
  private volatile boolean closed;

  private HostHalf(DeviceConfig device, Slot slot, PciFunction function) {
    this.device = device;
    this.fields = new FieldSpace(device);
    List<Slot.Line> vectors = new ArrayList<>();
    int queues = DeviceRegisters.queues(device);
    for (Slot.Line line = slot.line(); line != null; line = vectors.size() > queues ? null : slot.line()) {
      vectors.add(line);
    }
    this.events = new HostedEvents(function, vectors.toArray(Slot.Line[]::new), queues);
    this.registers = new DeviceRegisters(device, slot.name(), events::clear);
    this.common = new HostedCommon(registers, events);
  }

  static HostHalf expose(DeviceConfig device, Slot slot) {
    PciFunction function = slot.function();
    if (function == null) {
      throw new IllegalStateException(slot.name() + ": no PCI function");
    }
    int type = device.id().type();
    int vendor = device.id().vendor();
    if (type < 1 || type > LAST_TYPE || vendor < 0 || vendor > 0xFFFF) {
      throw new IllegalStateException("%s: type=0x%X vendor=0x%X (a PCI function has room for types 1 to 0x%X, vendors of 16 bits)"
          .formatted(slot.name(), type, vendor, LAST_TYPE));
    }
    HostHalf half = new HostHalf(device, slot, function);
    function.identity(Pci.VIRTIO_MODERN + type, vendor, SUBSYSTEM, classCode(type));
    function.capability(Pci.CAP_VENDOR, new HostedCapability(VirtioPciCap.COMMON_CFG, BAR, COMMON, CommonCfg.END));
    function.capability(Pci.CAP_VENDOR, new HostedCapability(VirtioPciCap.ISR_CFG, BAR, ISR, 1));
    if (half.fields.size() > 0) {
      function.capability(Pci.CAP_VENDOR, new HostedCapability(VirtioPciCap.DEVICE_CFG, BAR, DEVICE, half.fields.size()));
    }
    function.capability(Pci.CAP_VENDOR, new HostedCapability(VirtioPciCap.NOTIFY_CFG, BAR, NOTIFY, half.size() - NOTIFY,
        (byte) MULTIPLIER, (byte) 0, (byte) 0, (byte) 0));
    function.capability(Pci.CAP_VENDOR, new HostedCapability.Access(half, BAR, half.registers));
    slot.window("bar" + BAR, half);
    device.listener(half.events);
    return half;
  }

  private static int classCode(int type) {
    return switch (type) {
      case DeviceTypes.NETWORK_CARD -> 0x02_00_00;
      case DeviceTypes.BLOCK_DEVICE -> 0x01_00_00;
      default -> 0x00_FF_00;
    };
  }

  @Override
  public long size() {
    return NOTIFY + Math.max(LEAST_NOTIFY, (long) MULTIPLIER * registers.queues());
  }

  @Override
  public long read(long offset, int width) {
    if (closed) {
      return -1L >>> 64 - 8 * width;
    }
    if (offset >= NOTIFY) {
      return 0;
    }
    if (offset >= DEVICE) {
      return fits(offset, width) ? fields.read(offset - DEVICE, width) : 0;
    }
    if (offset >= ISR) {
      return offset == ISR && width == 1 ? events.takeIsr() : 0;
    }
    return common.read(offset, width);
  }

  @Override
  public void write(long offset, int width, long value) {
    if (closed) {
      return;
    }
    if (offset >= NOTIFY) {
      rung(offset - NOTIFY, width, value);
    } else if (offset >= DEVICE) {
      if (fits(offset, width) && !registers.resetting()) {
        fields.write(offset - DEVICE, width, value);
      }
    } else if (offset >= ISR) {
      registers.refuse("write to the ISR status");
    } else {
      common.write(offset, width, value);
    }
  }

  private boolean fits(long offset, int width) {
    if (width <= 4 && offset % width == 0) {
      return true;
    }
    registers.refuse("access of " + width + " bytes at " + (offset - DEVICE) + " of the device configuration");
    return false;
  }

  /**
   * Where it was written says which queue, and what was written has to agree.
   *
   * <p>Spec: virtio 1.4, "Available Buffer Notifications"
   */
  private void rung(long at, int width, long value) {
    boolean withData = registers.accepted().has(FeatureBits.VIRTIO_F_NOTIFICATION_DATA);
    int queue = (int) (at / MULTIPLIER);
    int expected = registers.accepted().has(FeatureBits.VIRTIO_F_NOTIF_CONFIG_DATA) ? HostedCommon.notificationData(queue) : queue;
    if (at % MULTIPLIER != 0 || width != (withData ? 4 : 2) || (value & 0xFFFF) != expected) {
      registers.refuse("doorbell of " + width + " bytes, 0x" + Long.toHexString(value) + " at " + at);
      return;
    }
    registers.ring(queue, withData ? (int) (value >>> 16) & 0xFFFF : 0);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      device.listener(null);
      events.clear();
    }
  }
}
