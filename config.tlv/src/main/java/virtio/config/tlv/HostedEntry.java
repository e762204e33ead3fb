package virtio.config.tlv;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import virtio.bus.DeviceConfig;
import virtio.bus.Exposure;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.RingAreas;
import virtio.bus.registers.PlainBytes;
import virtio.bus.registers.Publication;
import virtio.bus.spec.DeviceTypes;

/**
 * An entry on the host's side: where in it what lies, and its memory. The guest may write what it likes there; nothing but marks, status,
 * acknowledgements, ready queues, places and fields is read back.
 */
final class HostedEntry implements Publication.Memory {
  private final List<Item> items = new ArrayList<>();
  private final int[] queues;
  private final int half;
  private final int features;
  private final int generation;
  private final int ready;
  private final int place;
  private final int identity;
  private final int interrupt;
  private int length = Tlv.HEADER;
  private PlainBytes bytes;
  /** The status that was stored or taken last. */
  private int known;

  /**
   * One field.
   *
   * @param at where its type lies
   * @param field null for one of no device type's
   */
  private record Item(int type, int at, int length, String name, Field field) {
    int data() {
      return at + Tlv.FIELD_DATA;
    }
  }

  /** @param chosen whether the driver chooses where queues lie */
  HostedEntry(DeviceConfig device, boolean chosen) {
    int count = 0;
    while (count < Tlv.MOST_QUEUES && device.queueSize(count) > 0) {
      count++;
    }
    queues = new int[count];
    half = device.offered().high() == 0 ? 8 : 16;
    boolean card = device.id().type() == DeviceTypes.NETWORK_CARD;
    if (!card) {
      queues();
    }
    features = add(Tlv.FEATURES, 2 * half);
    device.fields().stream().sorted(Comparator.comparingInt(Field::offset))
        .forEach(field -> add(field.tlv(), field.size(), field.name(), field));
    if (card) {
      queues();
    }
    identity = add(Tlv.IDENTITY, Tlv.IDENTITY_LENGTH);
    interrupt = add(Tlv.INTERRUPT, Tlv.INTERRUPT_LENGTH);
    generation = add(Tlv.GENERATION, Tlv.GENERATION_LENGTH);
    ready = add(Tlv.QUEUES, Tlv.QUEUES_LENGTH);
    place = chosen ? add(Tlv.PLACE, Tlv.PLACE_LENGTH) : -1;
  }

  private void queues() {
    for (int index = 0; index < queues.length; index++) {
      queues[index] = add(Tlv.VIRTQUEUE, Tlv.VQCONFIG, "virtqueue " + index, null);
    }
  }

  private int add(int type, int bytes) {
    return add(type, bytes, Tlv.name(type), null);
  }

  /** @return where its data lies */
  private int add(int type, int bytes, String name, Field field) {
    Item item = new Item(type, length, bytes, name, field);
    items.add(item);
    length += Tlv.FIELD_DATA + bytes;
    return item.data();
  }

  /** Bytes of the whole. */
  int length() {
    return length;
  }

  int queueCount() {
    return queues.length;
  }

  void in(MemorySegment entry) {
    bytes = new PlainBytes(entry);
  }

  /** Types and lengths, unmarked, and nothing acknowledged: as it was before any driver came. The entry's type is left alone. */
  void clear() {
    bytes.put(Tlv.CONFIG_LEN, 1, length - Tlv.HEADER);
    for (Item item : items) {
      bytes.put(item.at() + Tlv.FIELD_LEN, 1, item.length());
      bytes.put(item.at(), 1, item.type());
    }
    bytes.clear(features + half, half);
    bytes.put(ready, Tlv.QUEUES_LENGTH, 0);
    if (place >= 0) {
      bytes.clear(place, Tlv.PLACE_LENGTH);
    }
  }

  void identity(int type, int vendor) {
    bytes.put(identity + Tlv.IDENTITY_TYPE, 4, type);
    bytes.put(identity + Tlv.IDENTITY_VENDOR, 4, vendor);
  }

  void interrupt(int at) {
    bytes.put(interrupt, Tlv.INTERRUPT_LENGTH, at);
  }

  void offered(Features offered) {
    bytes.put(features, 8, offered.low());
    if (half > 8) {
      bytes.put(features + 8, 8, offered.high());
    }
  }

  void queue(int index, int size, int irq, long pfn) {
    bytes.put(queues[index] + Tlv.VQ_NUM, 2, size);
    bytes.put(queues[index] + Tlv.VQ_IRQ, 2, irq);
    bytes.put(queues[index] + Tlv.VQ_PFN, 4, pfn);
  }

  Features acknowledged() {
    return new Features(bytes.get(features + half, 8), half > 8 ? bytes.get(features + half + 8, 8) : 0);
  }

  int ready() {
    return (int) bytes.get(ready, Tlv.QUEUES_LENGTH);
  }

  @Override
  public void generation(int value) {
    bytes.put(generation, Tlv.GENERATION_LENGTH, value);
  }

  long field(Field field) {
    return bytes.get(item(field).data(), field.size());
  }

  @Override
  public void field(Field field, long value) {
    bytes.put(item(field).data(), field.size(), value);
  }

  private Item item(Field field) {
    return items.stream().filter(item -> field.equals(item.field())).findFirst().orElseThrow();
  }

  /** The device's field that holds that byte; null for none. */
  Field fieldAt(long offset) {
    for (Item item : items) {
      if (offset >= item.data() && offset < item.data() + item.length()) {
        return item.field();
      }
    }
    return null;
  }

  /** Whether that is its field's last byte. */
  boolean last(Field field, long offset) {
    Item item = item(field);
    return offset == item.data() + item.length() - 1;
  }

  /** One byte, whatever it is. */
  long read(long offset) {
    return bytes.get(offset, 1);
  }

  /** A write to registers, of one byte: what a driver has no business with stays as it is. @return whether it was taken */
  boolean written(long offset, int value) {
    for (Item item : items) {
      if (offset == item.at()) {
        bytes.put(item.at(), 1, item.type() | value & Tlv.MARK | bytes.get(item.at(), 1) & Tlv.MARK);
        return true;
      }
      if (offset >= item.data() && offset < item.data() + item.length()) {
        boolean taken = item.field() != null || offset >= features + half && offset < features + 2 * half || item.data() == ready
            || item.data() == place;
        if (taken) {
          bytes.put(offset, 1, value);
        }
        return taken;
      }
    }
    return false;
  }

  /** Whether that byte is the last one of a queue's place that a driver writes. */
  boolean placed(long offset) {
    return place >= 0 && offset == place + Tlv.PLACE_QUEUE + 1;
  }

  int placedQueue() {
    return (int) bytes.get(place + Tlv.PLACE_QUEUE, 2);
  }

  int placedSize() {
    return (int) bytes.get(place + Tlv.PLACE_SIZE, 2);
  }

  RingAreas placedAreas() {
    return new RingAreas(bytes.get(place + Tlv.PLACE_DESCRIPTORS, 8), bytes.get(place + Tlv.PLACE_AVAILABLE, 8),
        bytes.get(place + Tlv.PLACE_USED, 8));
  }

  Exposure.Understood understood() {
    List<Exposure.FieldRead> read = items.stream()
        .map(item -> new Exposure.FieldRead(item.name(), (bytes.get(item.at(), 1) & Tlv.MARK) != 0)).toList();
    return new Exposure.Understood(read, acknowledged());
  }

  /** What the driver has left there. */
  synchronized int status() {
    known = bytes.byteAcquire(Tlv.STATUS);
    return known;
  }

  /** Stores nothing over what the driver has written and is still to be taken; what is then comes with the answer to that. */
  @Override
  public synchronized void statusRelease(int status) {
    if (status != known && bytes.byteAcquire(Tlv.STATUS) == known) {
      known = status;
      bytes.byteRelease(Tlv.STATUS, status);
    }
  }

  /** Last of all: from here on the entry is there. */
  void typeRelease(int type) {
    bytes.byteRelease(Tlv.TYPE, type);
  }
}
