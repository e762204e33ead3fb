package virtio.testkit.fake;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.bus.Window;

/**
 * The smallest config handler, of no bus in particular: one window of plain registers, one interrupt for changes and one for queues.
 * Every register is 8 bytes wide but for the device's fields, which lie at {@link #FIELDS} as their structure says.
 */
public class WindowConfig implements ConfigHandler {
  static final String WINDOW = "registers";
  static final int TYPE = 0;
  static final int VENDOR = 8;
  static final int OFFERED = 16;
  static final int ACCEPTED = 32;
  static final int STATUS = 48;
  static final int GENERATION = 56;
  static final int QUEUE = 64;
  static final int QUEUE_SIZE = 72;
  static final int AREAS = 80;
  static final int ENABLE = 104;
  static final int CHANGE_LINE = 112;
  static final int QUEUE_LINE = 120;
  static final int FIELDS = 256;
  static final int SIZE = 512;
  private static final int MOST_QUEUES = 16;

  @Override
  public String lacks(BusDevice device) {
    return device.window(WINDOW) == null ? "window '" + WINDOW + "'" : null;
  }

  @Override
  public DeviceId identify(BusDevice device) {
    return lacks(device) == null ? id(device.window(WINDOW)) : null;
  }

  private static DeviceId id(Window window) {
    return new DeviceId((int) window.read(TYPE, 8), (int) window.read(VENDOR, 8));
  }

  @Override
  public DeviceConfig open(BusDevice device) {
    return new Open(device);
  }

  @Override
  public Registration expose(DeviceConfig device, Slot slot) {
    Exposed exposed = new Exposed(device, slot);
    slot.window(WINDOW, exposed);
    device.listener(exposed);
    return () -> {
      device.listener(null);
      exposed.doorbells.forEach(Registration::close);
    };
  }

  private static final class Open implements DeviceConfig {
    private final BusDevice device;
    private final Window window;
    private final List<Registration> handlers = new ArrayList<>();
    private final int queues;
    private volatile Listener listener;

    Open(BusDevice device) {
      this.device = device;
      window = device.window(WINDOW);
      int count = 0;
      while (count < MOST_QUEUES && queueSize(count) != 0) {
        count++;
      }
      queues = count;
      List<Interrupt> interrupts = device.interrupts();
      handlers.add(interrupts.get((int) window.read(CHANGE_LINE, 8)).register(this::changed));
      handlers.add(interrupts.get((int) window.read(QUEUE_LINE, 8)).register(this::used));
    }

    private void changed() {
      Listener told = listener;
      if (told != null) {
        told.changed();
      }
    }

    private void used() {
      Listener told = listener;
      for (int i = 0; told != null && i < queues; i++) {
        told.queue(i);
      }
    }

    @Override
    public DeviceId id() {
      return WindowConfig.id(window);
    }

    @Override
    public Features offered() {
      return new Features(window.read(OFFERED, 8), window.read(OFFERED + 8, 8));
    }

    @Override
    public void accept(Features accepted) {
      window.write(ACCEPTED, 8, accepted.low());
      window.write(ACCEPTED + 8, 8, accepted.high());
    }

    @Override
    public int status() {
      return (int) window.read(STATUS, 8) & 0xFF;
    }

    @Override
    public void status(int bits) {
      window.write(STATUS, 8, bits);
    }

    @Override
    public int generation() {
      return (int) window.read(GENERATION, 8);
    }

    @Override
    public List<Field> fields() {
      return List.of();
    }

    @Override
    public long read(Field field) {
      return window.read(FIELDS + field.offset(), 8);
    }

    @Override
    public void write(Field field, long value) {
      window.write(FIELDS + field.offset(), 8, value & field.mask());
    }

    @Override
    public synchronized int queueSize(int index) {
      window.write(QUEUE, 8, index);
      return (int) window.read(QUEUE_SIZE, 8);
    }

    @Override
    public RingAreas given(int index) {
      return RingAreas.NONE;
    }

    @Override
    public synchronized void enable(int index, int size, RingAreas areas) {
      window.write(QUEUE, 8, index);
      window.write(QUEUE_SIZE, 8, size);
      window.write(AREAS, 8, areas.descriptors());
      window.write(AREAS + 8, 8, areas.available());
      window.write(AREAS + 16, 8, areas.used());
      window.write(ENABLE, 8, 1);
    }

    @Override
    public Signal doorbell(int index) {
      return device.doorbell(index);
    }

    @Override
    public void listener(Listener told) {
      listener = told;
    }

    @Override
    public void close() {
      listener = null;
      handlers.forEach(Registration::close);
    }
  }

  private static final class Exposed implements Window, DeviceConfig.Listener {
    private final DeviceConfig device;
    private final Slot.Line changeLine;
    private final Slot.Line queueLine;
    private final List<Registration> doorbells = new ArrayList<>();
    private final long[] areas = new long[3];
    private Features accepted = Features.NONE;
    private int queue;
    private int size;

    Exposed(DeviceConfig device, Slot slot) {
      this.device = device;
      changeLine = slot.line();
      queueLine = slot.line();
      for (int i = 0; device.queueSize(i) != 0; i++) {
        Signal doorbell = device.doorbell(i);
        doorbells.add(slot.doorbell(i, () -> doorbell.raise(0)));
      }
    }

    @Override
    public long size() {
      return SIZE;
    }

    @Override
    public synchronized long read(long offset, int width) {
      if (offset >= FIELDS) {
        return device.fields().stream().filter(field -> FIELDS + field.offset() == offset)
            .mapToLong(device::read).findFirst().orElse(0);
      }
      return switch ((int) offset) {
        case TYPE -> device.id().type();
        case VENDOR -> device.id().vendor();
        case OFFERED -> device.offered().low();
        case OFFERED + 8 -> device.offered().high();
        case STATUS -> device.status();
        case GENERATION -> device.generation();
        case QUEUE_SIZE -> device.queueSize(queue);
        case CHANGE_LINE -> changeLine.place();
        case QUEUE_LINE -> queueLine.place();
        default -> 0;
      };
    }

    @Override
    public synchronized void write(long offset, int width, long value) {
      if (offset >= FIELDS) {
        device.fields().stream().filter(field -> FIELDS + field.offset() == offset)
            .forEach(field -> device.write(field, value));
        return;
      }
      switch ((int) offset) {
        case ACCEPTED -> accepted = new Features(value, accepted.high());
        case ACCEPTED + 8 -> {
          accepted = new Features(accepted.low(), value);
          device.accept(accepted);
        }
        case STATUS -> device.status((int) value);
        case QUEUE -> queue = (int) value;
        case QUEUE_SIZE -> size = (int) value;
        case AREAS, AREAS + 8, AREAS + 16 -> areas[(int) (offset - AREAS) / 8] = value;
        case ENABLE -> device.enable(queue, size, new RingAreas(areas[0], areas[1], areas[2]));
        default -> { }
      }
    }

    @Override
    public void queue(int index) {
      queueLine.raise(0);
    }

    @Override
    public void changed() {
      changeLine.raise(0);
    }
  }
}
