package virtio.config.tlv;

import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import virtio.bus.DeviceConfig;
import virtio.bus.DmaMemory;
import virtio.bus.Exposure;
import virtio.bus.Field;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.bus.spec.DeviceStatus;
import virtio.bus.spec.Vring;

/**
 * A device laid out in an entry. {@link #notified} tells it that the driver has written, on the host's thread; as {@code Listener} it
 * hears of the device, on any thread. Both publish the device's state, one at a time, and no lock is held while the device is asked.
 */
final class HostHalf implements DeviceConfig.Listener, Exposure {
  private final DeviceConfig device;
  private final Slot slot;
  private final HostedEntry entry;
  /** The host's rings; none where the driver chooses, or no ring lies in memory. */
  private final DmaMemory[] rings;
  private final List<Field> fields;
  private final long[] published;
  private final Slot.Line[] lines;
  private final Slot.Line configuration;
  /** By queue, where the driver has said that it lies. */
  private final Placed[] placed;
  private final List<Registration> doorbells = new ArrayList<>();
  private final AtomicInteger wanted = new AtomicInteger();
  private int generation;
  private int deviceGeneration;
  /** The guest wants a reset, whose traces are still to be cleared. */
  private volatile boolean resetting;
  /** The status that the guest wrote last. */
  private volatile int written;
  private volatile boolean closed;

  private record Placed(int size, RingAreas areas) {}

  private HostHalf(DeviceConfig device, Slot slot, HostedEntry entry, DmaMemory[] rings) {
    this.device = device;
    this.slot = slot;
    this.entry = entry;
    this.rings = rings;
    this.fields = device.fields();
    this.published = new long[fields.size()];
    this.placed = new Placed[entry.queueCount()];
    this.lines = new Slot.Line[device.ringsInMemory() ? entry.queueCount() : 0];
    Slot.Line shared = null;
    for (int index = 0; index < lines.length; index++) {
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
    HostedEntry given = new HostedEntry(device, false);
    requireRoom(given, device, slot);
    DmaMemory place = slot.function() == null ? slot.place(TlvConfig.ENTRY, given.length()) : null;
    if (place == null) {
      return onRegisters(device, slot);
    }
    given.in(place.segment());
    DmaMemory[] rings = device.ringsInMemory() ? rings(device, slot, given.queueCount()) : new DmaMemory[0];
    try {
      HostHalf half = new HostHalf(device, slot, given, rings);
      half.layOut();
      slot.window(TlvConfig.NOTIFY, new Notified(half, given));
      half.appear();
      return half;
    } catch (RuntimeException failed) {
      release(slot, rings);
      throw failed;
    }
  }

  private static HostHalf onRegisters(DeviceConfig device, Slot slot) {
    HostedEntry entry = new HostedEntry(device, device.ringsInMemory());
    requireRoom(entry, device, slot);
    entry.in(Arena.ofAuto().allocate(entry.length()));
    HostHalf half = new HostHalf(device, slot, entry, new DmaMemory[0]);
    half.layOut();
    half.appear();
    slot.window(TlvConfig.TLV, new Registers(half, entry));
    return half;
  }

  private static void requireRoom(HostedEntry entry, DeviceConfig device, Slot slot) {
    if (entry.length() > Tlv.HEADER + Tlv.MOST_CONFIG || device.queueSize(entry.queueCount()) > 0) {
      throw new IllegalStateException(slot.name() + ": queues=" + entry.queueCount() + " configuration=" + (entry.length() - Tlv.HEADER)
          + " bytes; allowed: " + Tlv.MOST_QUEUES + " and " + Tlv.MOST_CONFIG);
    }
  }

  private static DmaMemory[] rings(DeviceConfig device, Slot slot, int queues) {
    DmaMemory[] rings = new DmaMemory[queues];
    for (int index = 0; index < queues; index++) {
      rings[index] = slot.memory() == null ? null : slot.memory().allocate(Vring.bytes(device.queueSize(index)), Vring.ALIGN);
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
    describe();
    for (int index = 0; index < lines.length; index++) {
      Signal doorbell = device.doorbell(index);
      doorbells.add(slot.doorbell(rings.length > 0 ? rings[index].address() : index, () -> doorbell.raise(0)));
    }
    deviceGeneration = device.generation();
    for (int i = 0; i < published.length; i++) {
      publish(i, device.read(fields.get(i)));
    }
    entry.statusRelease(device.status());
    device.listener(this);
  }

  /** All that never changes, unmarked, and nothing acknowledged. */
  private void describe() {
    entry.clear();
    entry.identity(device.id().type(), device.id().vendor());
    entry.interrupt(configuration.place());
    entry.offered(device.offered());
    for (int index = 0; index < entry.queueCount(); index++) {
      entry.queue(index, device.queueSize(index), lines.length > 0 ? lines[index].place() : Tlv.NO_IRQ,
          rings.length > 0 ? rings[index].address() >>> Vring.PAGE_SHIFT : 0);
    }
  }

  private void appear() {
    int type = device.id().type();
    entry.typeRelease(type > 0 && type < Tlv.TYPE_ELSEWHERE ? type : Tlv.TYPE_ELSEWHERE);
  }

  @Override
  public void queue(int index) {
    if (index < lines.length) {
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
  public Understood understood() {
    return entry.understood();
  }

  /** The driver has written a field of the device's; or, null, its status or what goes with that. */
  void notified(Field field) {
    if (closed) {
      return;
    }
    if (field == null) {
      taken(entry.status());
    } else {
      device.write(field, entry.field(field));
      entry.field(field, device.read(field)); // what the device made of it, even where that is nothing new for the device
    }
    publish();
    while (wanted.get() != 0) {
      Thread.onSpinWait(); // another thread publishes: what we took is to be seen before the driver goes on
    }
  }

  /** The driver has said where a queue lies. */
  void placed() {
    int index = entry.placedQueue();
    if (index < placed.length) {
      placed[index] = new Placed(entry.placedSize(), entry.placedAreas());
    }
  }

  private void taken(int status) {
    int before = device.status();
    written = status;
    resetting = status == 0;
    if (resetting) {
      device.status(0);
      return;
    }
    if ((before & DeviceStatus.FEATURES_OK) == 0) {
      device.accept(entry.acknowledged());
    }
    if (status != before) {
      if ((status & ~before & DeviceStatus.DRIVER_OK) != 0 && device.ringsInMemory()) {
        enable(entry.ready());
      }
      device.status(status);
    }
  }

  private void enable(int queues) {
    for (int index = 0; index < placed.length; index++) {
      if ((queues >>> index & 1) != 0) {
        Placed there = rings.length > 0 ? given(index) : placed[index];
        if (there != null) {
          device.enable(index, there.size(), there.areas());
        }
      }
    }
  }

  private Placed given(int index) {
    int size = device.queueSize(index);
    return new Placed(size, Vring.areas(rings[index].address(), size));
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
    entry.generation(++generation);
    VarHandle.fullFence(); // "odd" before the first field; pairs with the fences around the driver's look at the generation
    for (int i = 0; i < values.length; i++) {
      if (values[i] != published[i]) {
        publish(i, values[i]);
      }
    }
    VarHandle.fullFence(); // the last field before "even"
    entry.generation(++generation);
  }

  private void publish(int index, long value) {
    entry.field(fields.get(index), value);
    published[index] = value;
  }

  private void statusOut() {
    int status = device.status();
    if (status == 0 && resetting) {
      resetting = false;
      describe();
      appear();
      Arrays.fill(placed, null);
      for (DmaMemory ring : rings) {
        ring.segment().fill((byte) 0);
      }
    }
    entry.statusRelease(status);
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
