package virtio.bus.registers;

import java.util.Arrays;
import virtio.bus.DeviceConfig;
import virtio.bus.Features;
import virtio.bus.RingAreas;
import virtio.bus.Signal;
import virtio.bus.spec.DeviceStatus;

/**
 * A device's half of a register block: what a driver has selected and written so far, until it says FEATURES_OK, or that a queue is ready,
 * or resets. Any thread; {@link #ring} and {@link #accepted} take no lock.
 *
 * <p>A driver may write anything at any time. What it must not do is refused: it changes nothing, and is told once by name. From the write
 * of 0 to the status until the device has stopped everything but the status is refused; then all registers are as at the beginning.
 *
 * <p>Spec: virtio 1.4, "Basic Facilities of a Virtio Device"
 */
public final class DeviceRegisters {
  /** No device has more, in a register block. */
  public static final int MOST_QUEUES = 0xFFFE;
  /** The parts of a queue, for {@link #area}. */
  public static final int DESCRIPTORS = 0;
  public static final int DRIVER = 1;
  public static final int DEVICE = 2;

  private static final long LOW = 0xFFFF_FFFFL;
  private static final int PARTS = 3;

  private final DeviceConfig device;
  private final Refusals refusals;
  private final Runnable cleared;
  private final Queue[] queues;
  private final Signal[] doorbells;
  private final FeatureWords accepted = new FeatureWords();
  private long deviceFeatureSelect;
  private long driverFeatureSelect;
  private int selected;
  private boolean resetting;
  /** Read where doorbells are rung, without the lock. */
  private volatile Features agreed = Features.NONE;

  /** What was written of one queue. */
  private static final class Queue {
    private final long[] areas = new long[PARTS];
    private int size;
    private boolean ready;
  }

  /**
   * @param name of the place it is shown in, for messages
   * @param cleared puts back what the handler keeps beside; runs under this object's lock, when a reset begins and when it is done
   */
  public DeviceRegisters(DeviceConfig device, String name, Runnable cleared) {
    this.device = device;
    this.refusals = new Refusals(name);
    this.cleared = cleared;
    int count = queues(device);
    queues = new Queue[count];
    doorbells = new Signal[count];
    Arrays.setAll(queues, index -> new Queue());
    Arrays.setAll(doorbells, device::doorbell);
    clear();
  }

  /** How many queues a device has: the first without a size ends them. */
  public static int queues(DeviceConfig device) {
    int count = 0;
    while (count < MOST_QUEUES && device.queueSize(count) > 0) {
      count++;
    }
    return count;
  }

  /** How many queues the device has. */
  public int queues() {
    return queues.length;
  }

  /** Says once what a driver did that it must not. */
  public void refuse(String what) {
    refusals.refuse(what);
  }

  private void clear() {
    accepted.clear();
    agreed = Features.NONE;
    deviceFeatureSelect = 0;
    driverFeatureSelect = 0;
    selected = 0;
    for (int index = 0; index < queues.length; index++) {
      queues[index].size = device.queueSize(index);
      queues[index].ready = false;
      Arrays.fill(queues[index].areas, 0);
    }
    cleared.run();
  }

  /** Whether a reset is under way, and writes are refused. */
  public synchronized boolean resetting() {
    if (resetting && device.status() == 0) {
      resetting = false;
      clear();
    }
    return resetting;
  }

  private boolean refusedByReset(String register) {
    if (resetting()) {
      refuse(register + " written before the reset was done");
      return true;
    }
    return false;
  }

  public synchronized long deviceFeatureSelect() {
    return deviceFeatureSelect;
  }

  public synchronized void deviceFeatureSelect(long select) {
    deviceFeatureSelect = select;
  }

  /** The word of the offered features that is selected; 0 where there is none. */
  public synchronized long deviceFeatures() {
    return FeatureWords.word(device.offered(), deviceFeatureSelect);
  }

  public synchronized long driverFeatureSelect() {
    return driverFeatureSelect;
  }

  public synchronized void driverFeatureSelect(long select) {
    driverFeatureSelect = select;
  }

  /** The word of the accepted features that is selected. */
  public synchronized long driverFeatures() {
    return FeatureWords.word(accepted.features(), driverFeatureSelect);
  }

  public synchronized void driverFeatures(long bits) {
    if (refusedByReset("driver features")) {
      return;
    }
    if ((device.status() & DeviceStatus.FEATURES_OK) != 0) {
      refuse("driver features written after FEATURES_OK");
    } else if (driverFeatureSelect < 0 || driverFeatureSelect >= FeatureWords.COUNT) {
      if (bits != 0) {
        refuse("driver features above bit 127");
      }
    } else {
      accepted.word((int) driverFeatureSelect, bits);
    }
  }

  /** What the driver said with FEATURES_OK last; none after a reset. Takes no lock. */
  public Features accepted() {
    return agreed;
  }

  /** 8 bits. */
  public synchronized int status() {
    resetting();
    return device.status() & 0xFF;
  }

  /** 0 begins a reset. */
  public synchronized void status(long value) {
    int bits = (int) value & 0xFF;
    if (bits == 0) {
      resetting = true;
      clear();
      device.status(0);
      resetting();
      return;
    }
    if (refusedByReset("status")) {
      return;
    }
    if ((bits & ~device.status() & DeviceStatus.FEATURES_OK) != 0) {
      agreed = accepted.features();
      device.accept(agreed);
    }
    device.status(bits);
  }

  public int generation() {
    return device.generation();
  }

  public synchronized int selected() {
    return selected;
  }

  /** Any number: a queue that does not exist has size 0. */
  public synchronized void select(long index) {
    selected = index >= 0 && index < queues.length ? (int) index : (int) Math.clamp(index, queues.length, MOST_QUEUES + 1L);
  }

  private Queue queue() {
    return selected < queues.length ? queues[selected] : null;
  }

  /** The one selected, if its registers may be written now; else null, and said so. */
  private Queue writable(String register) {
    Queue queue = queue();
    if (refusedByReset(register)) {
      return null;
    }
    if (queue == null) {
      refuse(register + " of queue " + selected + ", of " + queues.length);
      return null;
    }
    if (queue.ready) {
      refuse(register + " of a queue that is ready");
      return null;
    }
    return queue;
  }

  /** The largest size of the selected queue; 0 where there is none. */
  public synchronized int largestSize() {
    return queue() == null ? 0 : device.queueSize(selected);
  }

  /** The size written last, or the largest; 0 where there is no queue. */
  public synchronized int size() {
    resetting();
    Queue queue = queue();
    return queue == null ? 0 : queue.size;
  }

  public synchronized void size(long size) {
    Queue queue = writable("size");
    if (queue == null) {
      return;
    }
    if (size < 1 || size > device.queueSize(selected)) {
      refuse("size " + size + " of a queue of at most " + device.queueSize(selected));
      return;
    }
    queue.size = (int) size;
  }

  /**
   * One half of an address of the selected queue, 32 bits.
   *
   * @param part {@link #DESCRIPTORS}, {@link #DRIVER} or {@link #DEVICE}
   */
  public synchronized long area(int part, boolean upper) {
    resetting();
    Queue queue = queue();
    return queue == null ? 0 : queue.areas[part] >>> (upper ? 32 : 0) & LOW;
  }

  public synchronized void area(int part, boolean upper, long half) {
    Queue queue = writable("address");
    if (queue != null) {
      long old = queue.areas[part];
      queue.areas[part] = upper ? old & LOW | half << 32 : old & ~LOW | half & LOW;
    }
  }

  public synchronized boolean ready() {
    resetting();
    Queue queue = queue();
    return queue != null && queue.ready;
  }

  /** 1: the queue is made, as it was written. No single queue can be stopped again: that is refused. */
  public synchronized void ready(long value) {
    Queue queue = writable("readiness");
    if (queue == null) {
      return;
    }
    if (value != 1) {
      if (value != 0) {
        refuse("readiness " + value);
      }
      return;
    }
    queue.ready = true;
    device.enable(selected, queue.size,
        new RingAreas(queue.areas[DESCRIPTORS], queue.areas[DRIVER], queue.areas[DEVICE]));
  }

  /** The queue's doorbell was rung. A queue that does not exist, or is not ready, has nobody who hears. */
  public void ring(long queue, int position) {
    if (queue < 0 || queue >= doorbells.length) {
      refuse("doorbell of a queue that does not exist");
      return;
    }
    doorbells[(int) queue].raise(position);
  }
}
