package virtio.config.tlv;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import virtio.bus.BusDevice;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Signal;
import virtio.bus.Window;
import virtio.bus.spec.Vring;

/** A device as its driver's side sees it: each field is looked for when it is wanted, and marked when it is found. */
final class DriverHalf implements DeviceConfig {
  private static final int GENERATION_LOOKS = 10_000;
  private static final int FEATURE_BITS = 128;
  private static final long MASK_32 = 0xFFFF_FFFFL;

  private final BusDevice device;
  private final Window window;
  private final Window notify;
  private final FieldTable table;
  private final DeviceId id;
  private final Map<Integer, Vqconfig> queues = new HashMap<>();
  private final Map<Integer, Registration> handlers = new HashMap<>();
  /** Offsets of the types that were marked since the last reset. */
  private final BitSet marked = new BitSet();
  private final Object calling = new Object();
  private Registration configuration;
  private Listener listener;
  private long restless;
  private long ready;

  /** A queue's field, read once. */
  private record Vqconfig(int size, int irq, long pfn) {
    boolean given() {
      return pfn != 0;
    }

    long address() {
      return pfn << Vring.PAGE_SHIFT;
    }

    RingAreas areas() {
      return given() ? Vring.areas(address(), size) : RingAreas.NONE;
    }
  }

  /**
   * @param notify null where the host sees each write
   * @throws IllegalStateException saying why that is no device
   */
  DriverHalf(BusDevice device, Window window, Window notify) {
    this.device = device;
    this.window = window;
    this.notify = notify;
    this.table = FieldTable.of(window);
    if (table.broken() != null) {
      throw new IllegalStateException(device.name() + ": " + table.broken());
    }
    this.id = table.identity(window);
    if (id == null) {
      throw new IllegalStateException(device.name() + ": type=" + window.read(Tlv.TYPE, 1) + ": no device");
    }
    if (table.first(Tlv.IDENTITY) == null) {
      throw new IllegalStateException(device.name() + ": legacy device: its stream has no field 0x" + Integer.toHexString(Tlv.IDENTITY));
    }
  }

  /** Marks what is found, as {@code lg_find} did. */
  private synchronized FieldTable.Located find(int type, int index) {
    FieldTable.Located field = table.nth(type, index);
    if (field != null && !marked.get(field.at())) {
      marked.set(field.at());
      window.write(field.at(), 1, type | Tlv.MARK);
    }
    return field;
  }

  /** The data of a field that must be there, and as long as its reader wants it. */
  private int data(int type, String name, int length) {
    FieldTable.Located field = find(type, 0);
    if (field == null) {
      throw new IllegalStateException("%s: no field 0x%02x (%s)".formatted(device.name(), type, name));
    }
    return ofLength(field, name, length);
  }

  private int ofLength(FieldTable.Located field, String name, int length) {
    if (field.length() != length) {
      throw new IllegalStateException("%s: field 0x%02x (%s): len=%d, wanted %d".formatted(device.name(), field.type(), name,
          field.length(), length));
    }
    return field.data();
  }

  private void written(int offset) {
    if (notify != null) {
      notify.write(offset, 1, 0);
    }
  }

  @Override
  public DeviceId id() {
    find(Tlv.IDENTITY, 0);
    return id;
  }

  @Override
  public Features offered() {
    FieldTable.Located field = find(Tlv.FEATURES, 0);
    if (field == null) {
      return Features.NONE;
    }
    int half = field.length() / 2;
    return new Features(Bytes.get(window, field.data(), Math.min(8, half)), half <= 8 ? 0
        : Bytes.get(window, field.data() + 8, Math.min(8, half - 8)));
  }

  /** Each bit in a write of its own, as {@code virtio_use_bit} did it. */
  @Override
  public void accept(Features accepted) {
    FieldTable.Located field = find(Tlv.FEATURES, 0);
    int half = field == null ? 0 : field.length() / 2;
    byte[] acknowledged = new byte[half];
    for (int bit = 0; bit < FEATURE_BITS; bit++) {
      if (accepted.has(bit)) {
        if (bit >= 8 * half) {
          throw new IllegalStateException(device.name() + ": bit=" + bit + ": never offered, there are " + 8 * half);
        }
        acknowledged[bit / 8] |= (byte) (1 << bit % 8);
        window.write(field.data() + half + bit / 8, 1, Byte.toUnsignedLong(acknowledged[bit / 8]));
      }
    }
    written(0);
  }

  @Override
  public int status() {
    return (int) window.read(Tlv.STATUS, 1);
  }

  @Override
  public void status(int bits) {
    if (bits == 0) {
      synchronized (this) {
        marked.clear();
        ready = 0;
      }
    } else {
      listenForChanges();
    }
    window.write(Tlv.STATUS, 1, bits);
    written(0);
  }

  /** The configuration interrupt, whose field is marked anew after a reset. A device without one never changes. */
  private void listenForChanges() {
    FieldTable.Located field = find(Tlv.INTERRUPT, 0);
    if (field != null && configuration == null) {
      int place = (int) Bytes.get(window, ofLength(field, "interrupt", Tlv.INTERRUPT_LENGTH), Tlv.INTERRUPT_LENGTH);
      configuration = register(place, () -> tell(Listener::changed));
    }
  }

  private Registration register(int place, Runnable handler) {
    Interrupt interrupt = place < device.interrupts().size() ? device.interrupts().get(place) : null;
    if (interrupt == null) {
      throw new IllegalStateException(device.name() + ": irq=" + place + ": no such interrupt");
    }
    return interrupt.register(handler);
  }

  private void tell(Consumer<Listener> news) {
    synchronized (calling) {
      if (listener != null) {
        news.accept(listener);
      }
    }
  }

  /** While the host writes fields, every answer is another, so that nobody takes what was read meanwhile for whole. */
  @Override
  public int generation() {
    if (table.first(Tlv.GENERATION) == null) {
      return 0;
    }
    int at = data(Tlv.GENERATION, "generation", Tlv.GENERATION_LENGTH);
    for (int look = 0; look < GENERATION_LOOKS; look++) {
      VarHandle.acquireFence(); // what was read before this stays before it
      int generation = (int) Bytes.get(window, at, Tlv.GENERATION_LENGTH);
      VarHandle.acquireFence(); // read twice, as it is read byte by byte
      boolean whole = (generation & 1) == 0 && generation == (int) Bytes.get(window, at, Tlv.GENERATION_LENGTH);
      VarHandle.acquireFence(); // what is read after this stays after it
      if (whole) {
        return generation;
      }
      Thread.onSpinWait();
    }
    synchronized (calling) {
      restless += 2;
      return (int) restless | 1;
    }
  }

  @Override
  public List<Field> fields() {
    return List.of();
  }

  @Override
  public long read(Field field) {
    return Bytes.get(window, data(field.tlv(), field.name(), field.size()), field.size());
  }

  @Override
  public void write(Field field, long value) {
    int at = data(field.tlv(), field.name(), field.size());
    Bytes.put(window, at, field.size(), value);
    written(at);
  }

  private synchronized Vqconfig queue(int index) {
    FieldTable.Located field = index < 0 || index >= Tlv.MOST_QUEUES ? null : find(Tlv.VIRTQUEUE, index);
    if (field == null) {
      return null;
    }
    int at = ofLength(field, "virtqueue", Tlv.VQCONFIG);
    return queues.computeIfAbsent(index, first -> new Vqconfig((int) Bytes.get(window, at + Tlv.VQ_NUM, 2),
        (int) Bytes.get(window, at + Tlv.VQ_IRQ, 2), Bytes.get(window, at + Tlv.VQ_PFN, 4)));
  }

  @Override
  public int queueSize(int index) {
    Vqconfig queue = queue(index);
    return queue == null ? 0 : queue.size();
  }

  @Override
  public RingAreas given(int index) {
    Vqconfig queue = queue(index);
    return queue == null || queue.size() == 0 ? RingAreas.NONE : queue.areas();
  }

  @Override
  public void enable(int index, int size, RingAreas made) {
    Vqconfig queue = queue(index);
    boolean fits = queue != null && size > 0 && (queue.given() ? size == queue.size() && made.equals(queue.areas()) : size <= queue.size());
    if (!fits) {
      throw new IllegalArgumentException("queue=" + index + " size=" + size + " areas=" + made + "; allowed: size " + queueSize(index)
          + ", areas " + given(index));
    }
    if (!queue.given() && !made.equals(RingAreas.NONE)) {
      place(index, size, made);
    }
    if (queue.irq() != Tlv.NO_IRQ && !handlers.containsKey(index)) {
      handlers.put(index, register(queue.irq(), () -> tell(told -> told.queue(index))));
    }
    if (table.first(Tlv.QUEUES) != null) {
      ready |= 1L << index;
      Bytes.put(window, data(Tlv.QUEUES, "queues", Tlv.QUEUES_LENGTH), Tlv.QUEUES_LENGTH, ready & MASK_32);
    }
  }

  /** The queue's number last: it says that the rest is there. */
  private void place(int index, int size, RingAreas made) {
    int at = data(Tlv.PLACE, "place", Tlv.PLACE_LENGTH);
    Bytes.put(window, at + Tlv.PLACE_SIZE, 2, size);
    Bytes.put(window, at + Tlv.PLACE_DESCRIPTORS, 8, made.descriptors());
    Bytes.put(window, at + Tlv.PLACE_AVAILABLE, 8, made.available());
    Bytes.put(window, at + Tlv.PLACE_USED, 8, made.used());
    Bytes.put(window, at + Tlv.PLACE_QUEUE, 2, index);
  }

  @Override
  public Signal doorbell(int index) {
    Vqconfig queue = queue(index);
    return queue == null ? null : device.doorbell(queue.given() ? queue.address() : index);
  }

  @Override
  public void listener(Listener told) {
    synchronized (calling) {
      listener = told;
    }
  }

  @Override
  public void close() {
    listener(null);
    List<Registration> registered = new ArrayList<>(handlers.values());
    handlers.clear();
    if (configuration != null) {
      registered.add(configuration);
      configuration = null;
    }
    registered.forEach(Registration::close);
  }
}
