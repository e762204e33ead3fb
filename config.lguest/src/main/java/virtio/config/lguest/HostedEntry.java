package virtio.config.lguest;

import java.lang.foreign.MemorySegment;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.registers.PlainBytes;
import virtio.bus.registers.Publication;

/** An entry's memory on the host's side. The guest may write what it likes there; nothing but status, acks and fields is read back. */
final class HostedEntry implements Publication.Memory {
  private final PlainBytes bytes;
  private final DeviceEntry entry;
  /** The status that was stored or taken last. */
  private int known;

  HostedEntry(MemorySegment memory, DeviceEntry entry) {
    this.bytes = new PlainBytes(memory);
    this.entry = entry;
  }

  /** Everything but the type: as long as that is 0, nobody sees the entry. */
  void lengths() {
    bytes.put(DeviceEntry.NUM_VQ, 1, entry.queues());
    bytes.put(DeviceEntry.FEATURE_LEN, 1, entry.featureLength());
    bytes.put(DeviceEntry.CONFIG_LEN, 1, entry.configLength());
  }

  void queue(int index, int size, int irq, long page) {
    bytes.put(entry.queue(index) + DeviceEntry.VQ_NUM, 2, size);
    bytes.put(entry.queue(index) + DeviceEntry.VQ_IRQ, 2, irq);
    bytes.put(entry.queue(index) + DeviceEntry.VQ_PFN, 4, page);
  }

  void offered(Features features) {
    bytes.put(entry.features(), 8, features.low());
    bytes.put(entry.features() + 8, 8, features.high());
  }

  Features acks() {
    return new Features(bytes.get(entry.acks(), 8), bytes.get(entry.acks() + 8, 8));
  }

  /** What reset clears, but for the rings. */
  void clear() {
    bytes.put(entry.acks(), 8, 0);
    bytes.put(entry.acks() + 8, 8, 0);
    bytes.put(entry.config(Extension.QUEUES), 4, 0);
  }

  /** Of our own bytes, one number. */
  void extension(int offset, int width, long value) {
    bytes.put(entry.config(offset), width, value);
  }

  @Override
  public void generation(int value) {
    extension(Extension.GENERATION, 4, value);
  }

  int queues() {
    return (int) bytes.get(entry.config(Extension.QUEUES), 4);
  }

  long field(Field field) {
    return bytes.get(entry.config(Extension.FIELDS + field.offset()), field.size());
  }

  @Override
  public void field(Field field, long value) {
    bytes.put(entry.config(Extension.FIELDS + field.offset()), field.size(), value);
  }

  /** What the driver has left there. */
  synchronized int status() {
    known = bytes.byteAcquire(DeviceEntry.STATUS);
    return known;
  }

  /** Stores nothing over what the driver has written and is still to be taken; what is then comes with the answer to that. */
  @Override
  public synchronized void statusRelease(int status) {
    if (status != known && bytes.byteAcquire(DeviceEntry.STATUS) == known) {
      known = status;
      bytes.byteRelease(DeviceEntry.STATUS, status);
    }
  }

  /** Last of all: from here on the entry is there. */
  void typeRelease(int type) {
    bytes.byteRelease(DeviceEntry.TYPE, type);
  }
}
