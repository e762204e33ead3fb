package virtio.config.tlv;

import virtio.bus.Field;
import virtio.bus.Window;

/** An entry as registers: the host sees each write, and takes only those that a driver may make. */
record Registers(HostHalf half, HostedEntry entry) implements Window {
  @Override
  public long size() {
    return entry.length();
  }

  @Override
  public long read(long offset, int width) {
    long value = 0;
    for (int i = 0; i < width && offset + i < size(); i++) {
      value |= entry.read(offset + i) << 8 * i;
    }
    return value;
  }

  @Override
  public void write(long offset, int width, long value) {
    for (int i = 0; i < width && offset + i < size(); i++) {
      write(offset + i, (int) (value >>> 8 * i) & 0xFF);
    }
  }

  private void write(long offset, int value) {
    if (offset == Tlv.STATUS) {
      entry.statusRelease(value);
      half.written(value);
    } else if (entry.written(offset, value)) {
      Field field = entry.fieldAt(offset);
      if (field != null && entry.last(field, offset)) {
        half.notified(field);
      } else if (entry.placed(offset)) {
        half.placed();
      }
    }
  }
}
