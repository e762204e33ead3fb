package virtio.config.mmio;

import java.util.concurrent.atomic.AtomicInteger;
import virtio.bus.DeviceConfig;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.registers.DeviceRegisters;
import virtio.bus.registers.FieldSpace;

/**
 * A device shown as one block of registers. As {@code Window} it is what the driver reaches, on the host's thread; as {@code Listener} it
 * hears of the device, on any. A driver that accesses what it must not reads 0 and changes nothing.
 *
 * <p>Spec: virtio 1.4, "MMIO Device Register Layout"
 */
final class HostHalf implements DeviceConfig.Listener, Window, Registration {
  private static final long ALL_ONES = 0xFFFF_FFFFL;
  /** As long as device trees have it, if the device's fields leave room. */
  private static final long LEAST = 0x200;

  private final DeviceConfig device;
  private final Slot.Line line;
  private final FieldSpace fields;
  private final AtomicInteger interrupt = new AtomicInteger();
  private final DeviceRegisters registers;
  private volatile boolean closed;

  private HostHalf(DeviceConfig device, Slot slot, Slot.Line line) {
    this.device = device;
    this.line = line;
    this.fields = new FieldSpace(device);
    this.registers = new DeviceRegisters(device, slot.name(), () -> interrupt.set(0));
  }

  static HostHalf expose(DeviceConfig device, Slot slot) {
    if (device.id().type() == 0) {
      throw new IllegalStateException(slot.name() + ": type=0 is what an empty slot says");
    }
    Slot.Line line = slot.line();
    if (line == null) {
      throw new IllegalStateException(slot.name() + ": no interrupt is left");
    }
    HostHalf half = new HostHalf(device, slot, line);
    slot.window(MmioConfig.MMIO, half);
    device.listener(half);
    return half;
  }

  @Override
  public void queue(int index) {
    raise(MmioRegisters.USED_BUFFER);
  }

  @Override
  public void changed() {
    raise(MmioRegisters.CONFIGURATION_CHANGE);
  }

  private void raise(int event) {
    interrupt.getAndUpdate(bits -> bits | event);
    line.raise(0);
  }

  @Override
  public long size() {
    return Math.max(LEAST, MmioRegisters.CONFIG + fields.size());
  }

  @Override
  public long read(long offset, int width) {
    if (closed) {
      return -1L >>> 64 - 8 * width;
    }
    if (!takes(offset, width)) {
      return 0;
    }
    return offset >= MmioRegisters.CONFIG ? fields.read(offset - MmioRegisters.CONFIG, width) : register((int) offset);
  }

  @Override
  public void write(long offset, int width, long value) {
    if (closed || !takes(offset, width)) {
      return;
    }
    if (offset < MmioRegisters.CONFIG) {
      register((int) offset, value & ALL_ONES);
    } else if (!registers.resetting()) {
      fields.write(offset - MmioRegisters.CONFIG, width, value);
    }
  }

  private boolean takes(long offset, int width) {
    boolean config = offset >= MmioRegisters.CONFIG;
    if (offset < 0 || offset > size() - width || offset % width != 0 || (config ? width > 4 : width != 4)) {
      registers.refuse("access of " + width + " bytes at 0x" + Long.toHexString(offset));
      return false;
    }
    return true;
  }

  private long register(int offset) {
    return switch (offset) {
      case MmioRegisters.MAGIC_VALUE -> MmioRegisters.MAGIC;
      case MmioRegisters.VERSION -> MmioRegisters.CURRENT_VERSION;
      case MmioRegisters.DEVICE_ID -> device.id().type() & ALL_ONES;
      case MmioRegisters.VENDOR_ID -> device.id().vendor() & ALL_ONES;
      case MmioRegisters.DEVICE_FEATURES -> registers.deviceFeatures();
      case MmioRegisters.QUEUE_SIZE_MAX -> registers.largestSize();
      case MmioRegisters.QUEUE_READY -> registers.ready() ? 1 : 0;
      case MmioRegisters.INTERRUPT_STATUS -> interrupt.get();
      case MmioRegisters.STATUS -> registers.status();
      // A region of no size: there are none.
      case MmioRegisters.SHM_LEN_LOW, MmioRegisters.SHM_LEN_HIGH, MmioRegisters.SHM_BASE_LOW, MmioRegisters.SHM_BASE_HIGH -> ALL_ONES;
      case MmioRegisters.CONFIG_GENERATION -> registers.generation() & ALL_ONES;
      case MmioRegisters.QUEUE_RESET -> 0;
      default -> {
        registers.refuse("read of 0x" + Integer.toHexString(offset) + ", which is no register to read");
        yield 0;
      }
    };
  }

  private void register(int offset, long value) {
    switch (offset) {
      case MmioRegisters.DEVICE_FEATURES_SEL -> registers.deviceFeatureSelect(value);
      case MmioRegisters.DRIVER_FEATURES_SEL -> registers.driverFeatureSelect(value);
      case MmioRegisters.DRIVER_FEATURES -> registers.driverFeatures(value);
      case MmioRegisters.QUEUE_SEL -> registers.select(value);
      case MmioRegisters.QUEUE_SIZE -> registers.size(value);
      case MmioRegisters.QUEUE_READY -> registers.ready(value);
      case MmioRegisters.QUEUE_NOTIFY -> registers.ring(value & 0xFFFF, (int) (value >>> 16));
      case MmioRegisters.INTERRUPT_ACK -> interrupt.getAndUpdate(bits -> bits & (int) ~value);
      case MmioRegisters.STATUS -> registers.status(value);
      case MmioRegisters.QUEUE_DESC_LOW -> registers.area(DeviceRegisters.DESCRIPTORS, false, value);
      case MmioRegisters.QUEUE_DESC_HIGH -> registers.area(DeviceRegisters.DESCRIPTORS, true, value);
      case MmioRegisters.QUEUE_DRIVER_LOW -> registers.area(DeviceRegisters.DRIVER, false, value);
      case MmioRegisters.QUEUE_DRIVER_HIGH -> registers.area(DeviceRegisters.DRIVER, true, value);
      case MmioRegisters.QUEUE_DEVICE_LOW -> registers.area(DeviceRegisters.DEVICE, false, value);
      case MmioRegisters.QUEUE_DEVICE_HIGH -> registers.area(DeviceRegisters.DEVICE, true, value);
      case MmioRegisters.SHM_SEL -> { }
      default -> registers.refuse("write to 0x" + Integer.toHexString(offset) + ", which is no register to write");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      device.listener(null);
    }
  }
}
