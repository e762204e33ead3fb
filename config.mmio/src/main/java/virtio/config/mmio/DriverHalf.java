package virtio.config.mmio;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
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
import virtio.bus.registers.FeatureWords;
import virtio.bus.spec.FeatureBits;

/**
 * A device as its driver's side sees it: registers of 32 bits, and fields as wide as they are; 64 bits are two halves, the low one first.
 *
 * <p>Spec: virtio 1.4, "MMIO Device Register Layout"
 */
final class DriverHalf implements DeviceConfig {
  private static final long LOW = 0xFFFF_FFFFL;
  private static final int LARGEST_QUEUE = 32768;
  private static final int MOST_QUEUES = 0xFFFE;

  private final BusDevice device;
  private final Window window;
  private final DeviceId id;
  private final Registration handler;
  private final Object calling = new Object();
  private Features accepted = Features.NONE;
  /** Those that are made. Replaced, never changed: read by interrupts. */
  private volatile int[] queues = {};
  private Listener listener;

  /** @throws IllegalStateException saying why that is no device, or none for us */
  DriverHalf(BusDevice device) {
    this.device = device;
    this.window = device.window(MmioConfig.MMIO);
    this.id = MmioConfig.identity(window);
    if (id == null) {
      throw new IllegalStateException(device.name() + ": magic=0x" + Long.toHexString(window.read(MmioRegisters.MAGIC_VALUE, 4))
          + " device=" + window.read(MmioRegisters.DEVICE_ID, 4) + ": no device");
    }
    long version = window.read(MmioRegisters.VERSION, 4);
    if (version != MmioRegisters.CURRENT_VERSION) {
      throw new IllegalStateException(device.name() + ": " + (version == MmioRegisters.LEGACY_VERSION ? "legacy device: " : "")
          + "version=" + version + " (2)");
    }
    Interrupt interrupt = device.interrupts().stream().filter(Objects::nonNull).findFirst()
        .orElseThrow(() -> new IllegalStateException(device.name() + ": no interrupt"));
    this.handler = interrupt.register(this::interrupted);
  }

  /**
   * What is acknowledged after it has been handled may be the next event, and would be lost with it: so it is taken down first. A line that
   * is shared rings for others too.
   *
   * <p>Spec: virtio 1.4, "Notifications From The Device"
   */
  private void interrupted() {
    long status = window.read(MmioRegisters.INTERRUPT_STATUS, 4);
    if (status == 0) {
      return;
    }
    boolean gone = status == LOW;
    if (!gone) {
      window.write(MmioRegisters.INTERRUPT_ACK, 4, status);
    }
    synchronized (calling) {
      if (listener == null) {
        return;
      }
      if (!gone && (status & MmioRegisters.USED_BUFFER) != 0) {
        for (int queue : queues) {
          listener.queue(queue);
        }
      }
      if ((status & MmioRegisters.CONFIGURATION_CHANGE) != 0) {
        listener.changed();   // of a device that has gone too: who looks at its status sees it
      }
    }
  }

  @Override
  public DeviceId id() {
    return id;
  }

  @Override
  public Features offered() {
    FeatureWords words = new FeatureWords();
    for (int word = 0; word < FeatureWords.COUNT; word++) {
      window.write(MmioRegisters.DEVICE_FEATURES_SEL, 4, word);
      words.word(word, window.read(MmioRegisters.DEVICE_FEATURES, 4));
    }
    return words.features();
  }

  @Override
  public void accept(Features features) {
    accepted = features;
    for (int word = 0; word < FeatureWords.COUNT; word++) {
      window.write(MmioRegisters.DRIVER_FEATURES_SEL, 4, word);
      window.write(MmioRegisters.DRIVER_FEATURES, 4, FeatureWords.word(features, word));
    }
  }

  @Override
  public int status() {
    return (int) window.read(MmioRegisters.STATUS, 4) & 0xFF;
  }

  @Override
  public void status(int bits) {
    window.write(MmioRegisters.STATUS, 4, bits);
    if (bits == 0) {
      accepted = Features.NONE;
      queues = new int[0];
    }
  }

  @Override
  public int generation() {
    return (int) window.read(MmioRegisters.CONFIG_GENERATION, 4);
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
    field.write(window, structure(field), value);
  }

  /** Where the device's own configuration begins. */
  private int structure(Field field) {
    if (MmioRegisters.CONFIG + field.offset() > window.size() - field.size()) {
      throw new IllegalStateException(device.name() + ": field=" + field.name() + ": its configuration ends before");
    }
    return MmioRegisters.CONFIG;
  }

  @Override
  public int queueSize(int index) {
    if (index < 0 || index > MOST_QUEUES) {
      return 0;
    }
    window.write(MmioRegisters.QUEUE_SEL, 4, index);
    long size = window.read(MmioRegisters.QUEUE_SIZE_MAX, 4);
    return size > LARGEST_QUEUE ? 0 : (int) size;
  }

  /** The driver chooses. */
  @Override
  public RingAreas given(int index) {
    return RingAreas.NONE;
  }

  /** IllegalStateException: the device does not make the queue, or made it before. */
  @Override
  public void enable(int index, int size, RingAreas areas) {
    window.write(MmioRegisters.QUEUE_SEL, 4, index);
    if (window.read(MmioRegisters.QUEUE_READY, 4) != 0) {
      throw new IllegalStateException(device.name() + ": queue=" + index + ": in use, although the device was reset");
    }
    window.write(MmioRegisters.QUEUE_SIZE, 4, size);
    address(MmioRegisters.QUEUE_DESC_LOW, areas.descriptors());
    address(MmioRegisters.QUEUE_DRIVER_LOW, areas.available());
    address(MmioRegisters.QUEUE_DEVICE_LOW, areas.used());
    window.write(MmioRegisters.QUEUE_READY, 4, 1);
    if (window.read(MmioRegisters.QUEUE_READY, 4) != 1) {
      throw new IllegalStateException(device.name() + ": queue=" + index + " size=" + size + ": not made");
    }
    int[] before = queues;
    int[] now = Arrays.copyOf(before, before.length + 1);
    now[before.length] = index;
    queues = now;
  }

  private void address(int register, long address) {
    window.write(register, 4, address & LOW);
    window.write(register + 4L, 4, address >>> 32);
  }

  @Override
  public Signal doorbell(int index) {
    return accepted.has(FeatureBits.VIRTIO_F_NOTIFICATION_DATA) ? new NotificationData(window, index)
        : window.doorbell(MmioRegisters.QUEUE_NOTIFY, 4, index);
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
    handler.close();
  }
}
