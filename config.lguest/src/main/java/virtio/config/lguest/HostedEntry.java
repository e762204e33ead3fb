package virtio.config.lguest;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.registers.Publication;

/** An entry's memory on the host's side. The guest may write what it likes there; nothing but status, acks and fields is read back. */
final class HostedEntry implements Publication.Memory {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();

  private final MemorySegment memory;
  private final DeviceEntry entry;

  HostedEntry(MemorySegment memory, DeviceEntry entry) {
    this.memory = memory;
    this.entry = entry;
  }

  /** Everything but the type: as long as that is 0, nobody sees the entry. */
  void lengths() {
    put(DeviceEntry.NUM_VQ, 1, entry.queues());
    put(DeviceEntry.FEATURE_LEN, 1, entry.featureLength());
    put(DeviceEntry.CONFIG_LEN, 1, entry.configLength());
  }

  void queue(int index, int size, int irq, long page) {
    put(entry.queue(index) + DeviceEntry.VQ_NUM, 2, size);
    put(entry.queue(index) + DeviceEntry.VQ_IRQ, 2, irq);
    put(entry.queue(index) + DeviceEntry.VQ_PFN, 4, page);
  }

  void offered(Features features) {
    put(entry.features(), 8, features.low());
    put(entry.features() + 8, 8, features.high());
  }

  Features acks() {
    return new Features(get(entry.acks(), 8), get(entry.acks() + 8, 8));
  }

  /** What reset clears, but for the rings. */
  void clear() {
    put(entry.acks(), 8, 0);
    put(entry.acks() + 8, 8, 0);
    put(entry.config(Extension.QUEUES), 4, 0);
  }

  /** Of our own bytes, one number. */
  void extension(int offset, int width, long value) {
    put(entry.config(offset), width, value);
  }

  @Override
  public void generation(int value) {
    extension(Extension.GENERATION, 4, value);
  }

  int queues() {
    return (int) get(entry.config(Extension.QUEUES), 4);
  }

  long field(Field field) {
    int at = entry.config(Extension.FIELDS + field.offset());
    if (field.size() != Field.ARRAY) {
      return get(at, field.size());
    }
    return get(at, 4) | get(at + 4, 2) << 32;
  }

  @Override
  public void field(Field field, long value) {
    int at = entry.config(Extension.FIELDS + field.offset());
    if (field.size() != Field.ARRAY) {
      put(at, field.size(), value);
    } else {
      put(at, 4, value);
      put(at + 4, 2, value >>> 32);
    }
  }

  int status() {
    return Byte.toUnsignedInt((byte) BYTE.getAcquire(memory, (long) DeviceEntry.STATUS));
  }

  @Override
  public void statusRelease(int status) {
    BYTE.setRelease(memory, (long) DeviceEntry.STATUS, (byte) status);
  }

  /** Last of all: from here on the entry is there. */
  void typeRelease(int type) {
    BYTE.setRelease(memory, (long) DeviceEntry.TYPE, (byte) type);
  }

  private long get(int at, int width) {
    return switch (width) {
      case 1 -> Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, at));
      case 2 -> Short.toUnsignedLong(memory.get(SHORT, at));
      case 4 -> Integer.toUnsignedLong(memory.get(INT, at));
      default -> memory.get(LONG, at);
    };
  }

  private void put(int at, int width, long value) {
    switch (width) {
      case 1 -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) value);
      case 2 -> memory.set(SHORT, at, (short) value);
      case 4 -> memory.set(INT, at, (int) value);
      default -> memory.set(LONG, at, value);
    }
  }
}
