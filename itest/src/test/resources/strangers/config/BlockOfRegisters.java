package stranger.config;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.spec.DeviceStatus;

/**
 * Another way to lay a device of one queue out in lguest's page: an entry without queues and features, whose configuration is a block of
 * registers. From the entry's start: u8 type, u8 0, u8 0, u8 length, u8 status; le32 at 8 a word of our own, le32 at 12 device type, le32
 * at 16 vendor, le64 at 24 and 32 offered, at 40 and 48 accepted, le32 at 56 generation, le32 at 60 the queue's size, le64 at 64 its
 * place, le32 at 72 its interrupt, le32 at 76 the configuration's, le32 at 80 enabled; fields from 88.
 */
public final class BlockOfRegisters implements ConfigHandler {
  static final int HEAD = 5;
  static final int STATUS = 4;
  static final int WORD = 8;
  static final int FIELDS = 88;
  static final long OURS = 0x57A6E5;

  @Override
  public String lacks(BusDevice device) {
    return device.window("entry") == null || device.window("notify") == null ? "windows 'entry' and 'notify'" : null;
  }

  @Override
  public DeviceId identify(BusDevice device) {
    Window entry = device.window("entry");
    return lacks(device) != null || entry.size() < FIELDS || entry.read(WORD, 4) != OURS ? null
        : new DeviceId((int) entry.read(12, 4), (int) entry.read(16, 4));
  }

  @Override
  public DeviceConfig open(BusDevice device) {
    if (identify(device) == null) {
      throw new IllegalStateException(device.name() + ": not ours");
    }
    return new Opened(device, device.window("entry"), device.window("notify"));
  }

  @Override
  public Registration expose(DeviceConfig device, Slot slot) {
    return new Exposed(device, slot);
  }

  /** The same formula on both sides: any ring finds room. */
  static RingAreas areas(long at, int size) {
    long available = at + 16L * size;
    return new RingAreas(at, available, available + 6 + 2L * size + 4095 & -4096L);
  }

  static long ringBytes(int size) {
    return areas(0, size).used() + 6 + 8L * size;
  }

  private static final class Opened implements DeviceConfig {
    private final BusDevice device;
    private final Window entry;
    private final Window notify;
    private final List<Registration> handlers = new ArrayList<>();
    private volatile Listener listener;

    Opened(BusDevice device, Window entry, Window notify) {
      this.device = device;
      this.entry = entry;
      this.notify = notify;
      handlers.add(device.interrupts().get((int) entry.read(72, 4)).register(() -> told(0)));
      handlers.add(device.interrupts().get((int) entry.read(76, 4)).register(() -> told(-1)));
    }

    private synchronized void told(int queue) {
      Listener whom = listener;
      if (whom != null && queue < 0) {
        whom.changed();
      } else if (whom != null) {
        whom.queue(queue);
      }
    }

    @Override
    public DeviceId id() {
      return new DeviceId((int) entry.read(12, 4), (int) entry.read(16, 4));
    }

    @Override
    public Features offered() {
      return new Features(entry.read(24, 8), entry.read(32, 8));
    }

    @Override
    public void accept(Features accepted) {
      entry.write(40, 8, accepted.low());
      entry.write(48, 8, accepted.high());
    }

    @Override
    public int status() {
      return (int) entry.read(STATUS, 1);
    }

    @Override
    public void status(int bits) {
      entry.write(STATUS, 1, bits);
      notify.write(0, 1, 0);
    }

    @Override
    public int generation() {
      return (int) entry.read(56, 4);
    }

    @Override
    public List<Field> fields() {
      return List.of();
    }

    @Override
    public long read(Field field) {
      return entry.read(FIELDS + field.offset(), field.size());
    }

    @Override
    public void write(Field field, long value) {
      entry.write(FIELDS + field.offset(), field.size(), value);
      notify.write(FIELDS + field.offset(), 1, 0);
    }

    @Override
    public int queueSize(int index) {
      return index == 0 ? (int) entry.read(60, 4) : 0;
    }

    @Override
    public RingAreas given(int index) {
      return areas(entry.read(64, 8), queueSize(0));
    }

    @Override
    public void enable(int index, int size, RingAreas made) {
      entry.write(80, 4, 1);
    }

    @Override
    public Signal doorbell(int index) {
      return device.doorbell(entry.read(64, 8));
    }

    @Override
    public synchronized void listener(Listener whom) {
      listener = whom;
    }

    @Override
    public void close() {
      listener(null);
      handlers.forEach(Registration::close);
    }
  }

  private static final class Exposed implements DeviceConfig.Listener, Window, Registration {
    private final DeviceConfig device;
    private final Slot slot;
    private final Registers registers;
    private final DmaMemory ring;
    private final Slot.Line line;
    private final Slot.Line changes;
    private final Registration doorbell;
    private final int bytes;

    Exposed(DeviceConfig device, Slot slot) {
      this.device = device;
      this.slot = slot;
      this.bytes = FIELDS + device.fields().stream().mapToInt(field -> field.offset() + field.size()).max().orElse(0);
      this.registers = new Registers(slot.place("entry", bytes).segment());
      this.ring = slot.memory().allocate(ringBytes(device.queueSize(0)), 4096);
      this.line = slot.line();
      this.changes = slot.line();
      Signal rung = device.doorbell(0);
      this.doorbell = slot.doorbell(ring.address(), () -> rung.raise(0));
      registers.put(3, 1, bytes - HEAD);
      registers.put(WORD, 4, OURS);
      registers.put(12, 4, device.id().type());
      registers.put(16, 4, device.id().vendor());
      registers.put(24, 8, device.offered().low());
      registers.put(32, 8, device.offered().high());
      registers.put(60, 4, device.queueSize(0));
      registers.put(64, 8, ring.address());
      registers.put(72, 4, line.place());
      registers.put(76, 4, changes.place());
      publish();
      device.listener(this);
      slot.window("notify", this);
      registers.put(0, 1, device.id().type());
    }

    private synchronized void publish() {
      registers.put(56, 4, device.generation());
      device.fields().forEach(field -> registers.put(FIELDS + field.offset(), field.size(), device.read(field)));
      registers.put(STATUS, 1, device.status());
    }

    @Override
    public void queue(int index) {
      line.raise(0);
    }

    @Override
    public void changed() {
      publish();
      changes.raise(0);
    }

    @Override
    public void status() {
      publish();
    }

    @Override
    public long size() {
      return bytes;
    }

    @Override
    public long read(long offset, int width) {
      return 0;
    }

    @Override
    public void write(long offset, int width, long value) {
      if (offset >= FIELDS) {
        device.fields().stream().filter(field -> FIELDS + field.offset() == offset)
            .forEach(field -> device.write(field, registers.get((int) offset, field.size())));
      } else {
        status((int) registers.get(STATUS, 1));
      }
      publish();
    }

    private void status(int wanted) {
      int before = device.status();
      if (wanted != 0 && (before & DeviceStatus.FEATURES_OK) == 0) {
        device.accept(new Features(registers.get(40, 8), registers.get(48, 8)));
      }
      if ((wanted & ~before & DeviceStatus.DRIVER_OK) != 0 && registers.get(80, 4) == 1) {
        device.enable(0, device.queueSize(0), areas(ring.address(), device.queueSize(0)));
      }
      if (wanted == 0) {
        registers.put(80, 4, 0);
      }
      device.status(wanted);
    }

    @Override
    public void close() {
      device.listener(null);
      doorbell.close();
      slot.memory().free(ring);
    }
  }
}
