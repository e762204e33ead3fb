package virtio.config.lguest;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
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

/** A device as its driver's side sees it: everything is read from the entry, whose lengths were checked once. */
final class DriverHalf implements DeviceConfig {
  private static final int GENERATION_LOOKS = 10_000;
  private static final long MASK_32 = 0xFFFF_FFFFL;

  private final BusDevice device;
  private final Window window;
  private final Window notify;
  private final DeviceEntry entry;
  private final DeviceId id;
  private final int[] sizes;
  private final RingAreas[] areas;
  private final Signal[] doorbells;
  private final List<Registration> handlers = new ArrayList<>();
  private final Object calling = new Object();
  private Listener listener;
  private long restless;

  /** @throws IllegalStateException saying why that is no device */
  DriverHalf(BusDevice device) {
    this.device = device;
    this.window = device.window(LguestConfig.ENTRY);
    this.notify = device.window(LguestConfig.NOTIFY);
    this.entry = DeviceEntry.at(window, 0);
    this.id = LguestConfig.identity(window);
    if (id == null) {
      throw new IllegalStateException(device.name() + ": type=" + window.read(DeviceEntry.TYPE, 1) + " length=" + entry.length() + " of "
          + window.size() + ": no device");
    }
    if (!LguestConfig.extended(window, entry)) {
      throw new IllegalStateException(device.name() + ": legacy device: its configuration has no mark 0x"
          + Integer.toHexString(Extension.MARK_VALUE));
    }
    int queues = Math.min(entry.queues(), Extension.MOST_QUEUES);
    this.sizes = new int[queues];
    this.areas = new RingAreas[queues];
    this.doorbells = new Signal[queues];
    TreeMap<Integer, List<Integer>> lines = new TreeMap<>();
    for (int index = 0; index < queues; index++) {
      long page = window.read(entry.queue(index) + DeviceEntry.VQ_PFN, 4) << Vring.PAGE_SHIFT;
      sizes[index] = (int) window.read(entry.queue(index) + DeviceEntry.VQ_NUM, 2);
      if (page == 0) {
        areas[index] = RingAreas.NONE;
        doorbells[index] = position -> { };
        continue;
      }
      areas[index] = Vring.areas(page, sizes[index]);
      doorbells[index] = device.doorbell(page);
      lines.computeIfAbsent((int) window.read(entry.queue(index) + DeviceEntry.VQ_IRQ, 2), line -> new ArrayList<>()).add(index);
    }
    int configuration = (int) window.read(entry.config(Extension.INTERRUPT), 2);
    lines.computeIfAbsent(configuration, line -> new ArrayList<>());
    try {
      lines.forEach((line, used) -> register(line, used.stream().mapToInt(Integer::intValue).toArray(), line == configuration));
    } catch (IllegalStateException none) {
      close();
      throw none;
    }
  }

  private void register(int line, int[] queues, boolean configuration) {
    Interrupt interrupt = line < device.interrupts().size() ? device.interrupts().get(line) : null;
    if (interrupt == null) {
      throw new IllegalStateException(device.name() + ": irq=" + line + ": no such interrupt");
    }
    handlers.add(interrupt.register(() -> interrupted(queues, configuration)));
  }

  private void interrupted(int[] queues, boolean configuration) {
    synchronized (calling) {
      Listener told = listener;
      if (told == null) {
        return;
      }
      for (int queue : queues) {
        told.queue(queue);
      }
      if (configuration) {
        told.changed();
      }
    }
  }

  @Override
  public DeviceId id() {
    return id;
  }

  @Override
  public Features offered() {
    return new Features(bits(0), bits(8));
  }

  /** Eight feature bytes from {@code at}, fewer where the entry has fewer. */
  private long bits(int at) {
    long bits = 0;
    for (int i = 0; i < 8 && at + i < entry.featureLength(); i++) {
      bits |= window.read(entry.features() + at + i, 1) << 8 * i;
    }
    return bits;
  }

  /** As lguest's guest did it: the acknowledgements are cleared, then filled, then the host is told. */
  @Override
  public void accept(Features accepted) {
    for (int i = 0; i < entry.featureLength(); i++) {
      window.write(entry.acks() + i, 1, 0);
    }
    for (int i = 0; i < Math.min(entry.featureLength(), 16); i++) {
      long half = i < 8 ? accepted.low() : accepted.high();
      window.write(entry.acks() + i, 1, half >>> 8 * (i & 7) & 0xFF);
    }
    notify.write(0, 1, 0);
  }

  @Override
  public int status() {
    return (int) window.read(DeviceEntry.STATUS, 1);
  }

  @Override
  public void status(int bits) {
    if (bits == 0) {
      window.write(entry.config(Extension.QUEUES), 4, 0);
    }
    window.write(DeviceEntry.STATUS, 1, bits);
    notify.write(0, 1, 0);
  }

  /** While the host writes fields, every answer is another, so that nobody takes what was read meanwhile for whole. */
  @Override
  public int generation() {
    for (int look = 0; look < GENERATION_LOOKS; look++) {
      VarHandle.acquireFence(); // what was read before this stays before it
      int generation = (int) window.read(entry.config(Extension.GENERATION), 4);
      VarHandle.acquireFence(); // what is read after this stays after it
      if ((generation & 1) == 0) {
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
    return field.read(window, structure(field));
  }

  @Override
  public void write(Field field, long value) {
    int structure = structure(field);
    field.write(window, structure, value);
    notify.write(structure + field.offset(), 1, 0);
  }

  /** Where the device's own configuration begins in the page. */
  private int structure(Field field) {
    if (Extension.FIELDS + field.offset() + field.size() > entry.configLength()) {
      throw new IllegalStateException(device.name() + ": field=" + field.name() + ": its configuration ends before");
    }
    return entry.config(Extension.FIELDS);
  }

  @Override
  public int queueSize(int index) {
    return index >= 0 && index < sizes.length ? sizes[index] : 0;
  }

  @Override
  public RingAreas given(int index) {
    return queueSize(index) == 0 ? RingAreas.NONE : areas[index];
  }

  /** The host chose all there is to choose: nothing else is possible, but for the size of a ring that has no place. */
  @Override
  public void enable(int index, int size, RingAreas made) {
    int most = queueSize(index);
    if (most == 0 || !made.equals(areas[index]) || size > most || size < 1 || size < most && !made.equals(RingAreas.NONE)) {
      throw new IllegalArgumentException("queue=" + index + " size=" + size + " areas=" + made + "; allowed: size " + most + ", areas "
          + given(index));
    }
    long queues = window.read(entry.config(Extension.QUEUES), 4);
    window.write(entry.config(Extension.QUEUES), 4, (queues | 1L << index) & MASK_32);
  }

  @Override
  public Signal doorbell(int index) {
    return doorbells[index];
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
    handlers.forEach(Registration::close);
    handlers.clear();
  }
}
