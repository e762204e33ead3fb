package virtio.bus.registers;

import java.util.List;
import virtio.bus.DeviceConfig;
import virtio.bus.Field;
import virtio.bus.Window;

/**
 * The device-specific configuration structure of a device as bytes, from its fields. Any access reads what it covers; one that is as
 * wide as accesses to a field are writes it, or that part of it. Any thread.
 *
 * <p>Spec: virtio 1.4, "Device Configuration Space"
 */
public final class FieldSpace implements Window {
  private final DeviceConfig device;
  private final List<Field> fields;
  private final long size;

  public FieldSpace(DeviceConfig device) {
    this.device = device;
    this.fields = device.fields();
    this.size = fields.stream().mapToLong(field -> field.offset() + (long) field.size()).max().orElse(0);
  }

  /** Where the last field ends; 0 for a device without fields. */
  @Override
  public long size() {
    return size;
  }

  @Override
  public long read(long offset, int width) {
    long value = 0;
    for (Field field : fields) {
      long behind = field.offset() - offset;   // bytes that the field's first lies above the access's first
      if (behind < width && behind > -field.size()) {
        long bits = device.read(field) & field.mask();
        value |= behind >= 0 ? bits << 8 * behind : bits >>> -8 * behind;
      }
    }
    return value & ones(width);
  }

  /** Does nothing but for accesses of a field's {@link Field#width}. */
  @Override
  public void write(long offset, int width, long value) {
    for (Field field : fields) {
      long into = offset - field.offset();
      if (into >= 0 && into < field.size() && width == field.width() && into % width == 0) {
        long bits = ones(width) << 8 * into;
        long rest = width == field.size() ? 0 : device.read(field) & ~bits;
        device.write(field, (rest | value << 8 * into & bits) & field.mask());
      }
    }
  }

  private static long ones(int width) {
    return -1L >>> 64 - 8 * width;
  }
}
