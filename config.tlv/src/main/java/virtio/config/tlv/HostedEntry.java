package virtio.config.tlv;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import virtio.bus.DeviceConfig;
import virtio.bus.Exposure;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.RingAreas;
import virtio.bus.registers.Publication;
import virtio.bus.spec.DeviceTypes;

/**
 * An entry on the host's side: where in it what lies, and its memory. The guest may write what it likes there; nothing but marks, status,
 * acknowledgements, ready queues, places and fields is read back.
 */
final class HostedEntry implements Publication.Memory {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();

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
  private MemorySegment memory;

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
    memory = entry;
  }

  /** Types and lengths, unmarked, and nothing acknowledged: as it was before any driver came. The entry's type is left alone. */
  void clear() {
    put(Tlv.CONFIG_LEN, 1, length - Tlv.HEADER);
    for (Item item : items) {
      put(item.at() + Tlv.FIELD_LEN, 1, item.length());
      put(item.at(), 1, item.type());
    }
    memory.asSlice(features + half, half).fill((byte) 0);
    put(ready, Tlv.QUEUES_LENGTH, 0);
    if (place >= 0) {
      memory.asSlice(place, Tlv.PLACE_LENGTH).fill((byte) 0);
    }
  }

  void identity(int type, int vendor) {
    put(identity + Tlv.IDENTITY_TYPE, 4, type);
    put(identity + Tlv.IDENTITY_VENDOR, 4, vendor);
  }

  void interrupt(int at) {
    put(interrupt, Tlv.INTERRUPT_LENGTH, at);
  }

  void offered(Features offered) {
    put(features, 8, offered.low());
    if (half > 8) {
      put(features + 8, 8, offered.high());
    }
  }

  void queue(int index, int size, int irq, long pfn) {
    put(queues[index] + Tlv.VQ_NUM, 2, size);
    put(queues[index] + Tlv.VQ_IRQ, 2, irq);
    put(queues[index] + Tlv.VQ_PFN, 4, pfn);
  }

  Features acknowledged() {
    return new Features(get(features + half, 8), half > 8 ? get(features + half + 8, 8) : 0);
  }

  int ready() {
    return (int) get(ready, Tlv.QUEUES_LENGTH);
  }

  @Override
  public void generation(int value) {
    put(generation, Tlv.GENERATION_LENGTH, value);
  }

  long field(Field field) {
    int at = item(field).data();
    long value = 0;
    for (int i = 0; i < field.size(); i++) {
      value |= get(at + i, 1) << 8 * i;
    }
    return value;
  }

  @Override
  public void field(Field field, long value) {
    int at = item(field).data();
    for (int i = 0; i < field.size(); i++) {
      put(at + i, 1, value >>> 8 * i);
    }
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

  /** A write to registers, of one byte: what a driver has no business with stays as it is. @return whether it was taken */
  boolean written(long offset, int value) {
    for (Item item : items) {
      if (offset == item.at()) {
        put(item.at(), 1, item.type() | value & Tlv.MARK | get(item.at(), 1) & Tlv.MARK);
        return true;
      }
      if (offset >= item.data() && offset < item.data() + item.length()) {
        boolean taken = item.field() != null || offset >= features + half && offset < features + 2 * half || item.data() == ready
            || item.data() == place;
        if (taken) {
          put((int) offset, 1, value);
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
    return (int) get(place + Tlv.PLACE_QUEUE, 2);
  }

  int placedSize() {
    return (int) get(place + Tlv.PLACE_SIZE, 2);
  }

  RingAreas placedAreas() {
    return new RingAreas(get(place + Tlv.PLACE_DESCRIPTORS, 8), get(place + Tlv.PLACE_AVAILABLE, 8), get(place + Tlv.PLACE_USED, 8));
  }

  Exposure.Understood understood() {
    List<Exposure.FieldRead> read = items.stream()
        .map(item -> new Exposure.FieldRead(item.name(), (get(item.at(), 1) & Tlv.MARK) != 0)).toList();
    return new Exposure.Understood(read, acknowledged());
  }

  int status() {
    return Byte.toUnsignedInt((byte) BYTE.getAcquire(memory, (long) Tlv.STATUS));
  }

  @Override
  public void statusRelease(int status) {
    BYTE.setRelease(memory, (long) Tlv.STATUS, (byte) status);
  }

  /** Last of all: from here on the entry is there. */
  void typeRelease(int type) {
    BYTE.setRelease(memory, (long) Tlv.TYPE, (byte) type);
  }

  long get(int at, int width) {
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
