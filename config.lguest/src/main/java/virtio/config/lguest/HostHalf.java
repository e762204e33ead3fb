package virtio.config.lguest;

import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import virtio.bus.DeviceConfig;
import virtio.bus.DmaMemory;
import virtio.bus.Field;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.spec.DeviceStatus;
import virtio.bus.spec.Vring;

/**
 * A device laid out in an entry. As {@code Window} it is what NOTIFY reaches, on the hypercall thread; as {@code Listener} it hears of the
 * device, on any thread. Both publish the device's state, one at a time, and no lock is held while the device is asked.
 */
final class HostHalf implements DeviceConfig.Listener, Window, Registration {
  private final DeviceConfig device;
  private final Slot slot;
  private final DeviceEntry entry;
  private final HostedEntry memory;
  private final List<Field> fields;
  private final long[] published;
  private final DmaMemory[] rings;
  private final Slot.Line[] lines;
  private final Slot.Line configuration;
  private final List<Registration> doorbells = new ArrayList<>();
  private final AtomicInteger wanted = new AtomicInteger();
  private int generation;
  private int deviceGeneration;
  /** Whether the guest has written anything since the last reset. */
  private volatile boolean used;
  /** The status that the guest wrote last. */
  private volatile int written;
  private volatile boolean closed;

  private HostHalf(DeviceConfig device, Slot slot, DeviceEntry entry, HostedEntry memory, DmaMemory[] rings) {
    this.device = device;
    this.slot = slot;
    this.entry = entry;
    this.memory = memory;
    this.rings = rings;
    this.fields = device.fields();
    this.published = new long[fields.size()];
    this.lines = new Slot.Line[entry.queues()];
    Slot.Line shared = null;
    for (int index = 0; index < rings.length; index++) {
      Slot.Line own = slot.line();
      shared = shared == null ? own : shared;
      lines[index] = own == null ? shared : own;
    }
    Slot.Line own = slot.line();
    this.configuration = own == null ? shared : own;
    if (configuration == null) {
      throw new IllegalStateException(slot.name() + ": no interrupt is left");
    }
  }

  static HostHalf expose(DeviceConfig device, Slot slot) {
    int queues = 0;
    while (device.queueSize(queues) > 0) {
      queues++;
    }
    int structure = device.fields().stream().mapToInt(field -> field.offset() + field.size()).max().orElse(0);
    DeviceEntry entry = new DeviceEntry(queues, Extension.FEATURE_LENGTH, Extension.FIELDS + structure);
    if (queues > Extension.MOST_QUEUES || entry.configLength() > DeviceEntry.MOST_COUNTED) {
      throw new IllegalStateException(slot.name() + ": queues=" + queues + " configuration=" + structure + " bytes; allowed: "
          + Extension.MOST_QUEUES + " and " + (DeviceEntry.MOST_COUNTED - Extension.FIELDS));
    }
    DmaMemory place = slot.place(LguestConfig.ENTRY, entry.length());
    if (place == null || slot.memory() == null) {
      throw new IllegalStateException(slot.name() + ": no place 'entry' of " + entry.length() + " bytes");
    }
    DmaMemory[] rings = device.ringsInMemory() ? rings(device, slot, queues) : new DmaMemory[0];
    try {
      HostHalf half = new HostHalf(device, slot, entry, new HostedEntry(place.segment(), entry), rings);
      half.layOut();
      return half;
    } catch (RuntimeException failed) {
      release(slot, rings);
      throw failed;
    }
  }

  private static DmaMemory[] rings(DeviceConfig device, Slot slot, int queues) {
    DmaMemory[] rings = new DmaMemory[queues];
    for (int index = 0; index < queues; index++) {
      rings[index] = slot.memory().allocate(Vring.bytes(device.queueSize(index)), Vring.ALIGN);
      if (rings[index] == null) {
        release(slot, rings);
        throw new IllegalStateException(slot.name() + ": no memory is left for ring " + index + " of " + device.queueSize(index));
      }
    }
    return rings;
  }

  private static void release(Slot slot, DmaMemory[] rings) {
    for (DmaMemory ring : rings) {
      if (ring != null) {
        slot.memory().free(ring);
      }
    }
  }

  private void layOut() {
    memory.lengths();
    memory.offered(device.offered());
    memory.extension(Extension.MARK, 2, Extension.MARK_VALUE);
    memory.extension(Extension.INTERRUPT, 2, configuration.place());
    memory.extension(Extension.DEVICE_TYPE, 4, device.id().type());
    memory.extension(Extension.VENDOR, 4, device.id().vendor());
    for (int index = rings.length; index < lines.length; index++) {
      memory.queue(index, device.queueSize(index), 0, 0);
    }
    for (int index = 0; index < rings.length; index++) {
      memory.queue(index, device.queueSize(index), lines[index].place(), rings[index].address());
      Signal doorbell = device.doorbell(index);
      doorbells.add(slot.doorbell(rings[index].address(), () -> doorbell.raise(0)));
    }
    deviceGeneration = device.generation();
    for (int i = 0; i < published.length; i++) {
      publish(i, device.read(fields.get(i)));
    }
    memory.statusRelease(device.status());
    device.listener(this);
    slot.window(LguestConfig.NOTIFY, this);
    int type = device.id().type();
    memory.typeRelease(type > 0 && type < DeviceEntry.TYPE_ELSEWHERE ? type : DeviceEntry.TYPE_ELSEWHERE);
  }

  @Override
  public void queue(int index) {
    if (lines[index] != null) {
      lines[index].raise(0);
    }
  }

  @Override
  public void changed() {
    publish();
    configuration.raise(0);
  }

  @Override
  public void status() {
    publish();
  }

  @Override
  public long size() {
    return entry.length();
  }

  @Override
  public long read(long offset, int width) {
    return 0;
  }

  /** NOTIFY of that byte: the entry's first is for status and acknowledgements, a field's is for that field. */
  @Override
  public void write(long offset, int width, long value) {
    if (closed) {
      return;
    }
    if (offset < entry.config(Extension.FIELDS)) {
      taken(memory.status());
    } else {
      fieldWritten((int) offset - entry.config(Extension.FIELDS));
    }
    publish();
    while (wanted.get() != 0) {
      Thread.onSpinWait(); // another thread publishes: what we took is to be seen before the hypercall returns
    }
  }

  private void taken(int status) {
    int before = device.status();
    written = status;
    if (status == 0) {
      device.status(0);
      return;
    }
    used = true;
    if ((before & DeviceStatus.FEATURES_OK) == 0) {
      device.accept(memory.acks());
    }
    if (status != before) {
      if ((status & ~before & DeviceStatus.DRIVER_OK) != 0) {
        enable(memory.queues());
      }
      device.status(status);
    }
  }

  private void enable(int queues) {
    for (int index = 0; index < rings.length; index++) {
      if ((queues >>> index & 1) != 0) {
        device.enable(index, device.queueSize(index), areas(index));
      }
    }
  }

  private RingAreas areas(int index) {
    return Vring.areas(rings[index].address(), device.queueSize(index));
  }

  private void fieldWritten(int offset) {
    for (int i = 0; i < published.length; i++) {
      Field field = fields.get(i);
      if (offset >= field.offset() && offset < field.offset() + field.size()) {
        long value = memory.field(field);
        device.write(field, value);
        restored(i, device.read(field));
      }
    }
  }

  /** What the device made of a written field is shown, even where nothing changed for the device. */
  private void restored(int index, long value) {
    Field field = fields.get(index);
    memory.field(field, value);
  }

  /** One thread at a time; one that comes meanwhile leaves a note, and the one at it looks again. */
  private void publish() {
    if (closed || wanted.getAndIncrement() != 0) {
      return;
    }
    int notes = 1;
    do {
      fieldsOut();
      statusOut();
      notes = wanted.addAndGet(-notes);
    } while (notes != 0);
  }

  private void fieldsOut() {
    int now = device.generation();
    long[] values = new long[published.length];
    Arrays.setAll(values, i -> device.read(fields.get(i)));
    if (now == deviceGeneration && Arrays.equals(values, published)) {
      return;
    }
    deviceGeneration = now;
    generation++;
    memory.extension(Extension.GENERATION, 4, generation);
    VarHandle.fullFence(); // "odd" before the first field; pairs with the fences around the driver's look at the generation
    for (int i = 0; i < values.length; i++) {
      if (values[i] != published[i]) {
        publish(i, values[i]);
      }
    }
    VarHandle.fullFence(); // the last field before "even"
    generation++;
    memory.extension(Extension.GENERATION, 4, generation);
  }

  private void publish(int index, long value) {
    Field field = fields.get(index);
    memory.field(field, value);
    published[index] = value;
  }

  private void statusOut() {
    int status = device.status();
    if (status == 0 && written == 0 && used) {
      used = false;
      memory.clear();
      for (DmaMemory ring : rings) {
        ring.segment().fill((byte) 0);
      }
    }
    memory.statusRelease(status);
  }

  /** Rings that a driver may still be using are not handed out again. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    device.listener(null);
    doorbells.forEach(Registration::close);
    for (DmaMemory ring : rings) {
      if (written == 0) {
        slot.memory().free(ring);
      } else {
        slot.memory().quarantine(ring);
      }
    }
  }
}
