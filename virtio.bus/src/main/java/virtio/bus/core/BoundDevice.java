package virtio.bus.core;

import static virtio.bus.spec.DeviceStatus.ACKNOWLEDGE;
import static virtio.bus.spec.DeviceStatus.DEVICE_NEEDS_RESET;
import static virtio.bus.spec.DeviceStatus.DRIVER;
import static virtio.bus.spec.DeviceStatus.DRIVER_OK;
import static virtio.bus.spec.DeviceStatus.FAILED;
import static virtio.bus.spec.DeviceStatus.FEATURES_OK;
import static virtio.bus.spec.DeviceStatus.GONE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.Combination;
import virtio.bus.ConfigurationQueue;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.DmaMemory;
import virtio.bus.Failure;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Queue;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.Virtqueue;

/**
 * One device from its claim to its release: the status walk, the queues, the way back. All on the binding's control thread, but for
 * the interrupts.
 *
 * <p>Spec: virtio 1.4, "Device Initialization" and "Device Cleanup"
 */
final class BoundDevice implements VirtioDevice, DeviceConfig.Listener {
  private static final System.Logger LOG = System.getLogger("virtio.bus");

  private final BusDevice device;
  private final Combination parts;
  private final AttachmentSettings settings;
  private final ControlThread control;
  private final String name;
  private final Registration claim;
  private final List<Integer> statuses = new CopyOnWriteArrayList<>();
  private final DriverMemory memory;
  private final DriverFields fields;
  private final AtomicBoolean changeQueued = new AtomicBoolean();
  private DeviceConfig config;
  private RingFormat.Rings<Virtqueue> rings;
  private AskingQueue asking;
  private VirtioDriver.Attached attached;
  private boolean negotiated;
  private boolean failed;
  private boolean everBound;
  private volatile boolean stopped;
  private volatile boolean confirmed;
  private volatile Virtqueue[] queues = new Virtqueue[0];
  private volatile boolean live;
  private volatile DeviceId id;
  private volatile Features offered = Features.NONE;
  private volatile Features accepted = Features.NONE;

  /** Claims the device: IllegalStateException when it is taken. */
  BoundDevice(BusDevice device, Combination parts, AttachmentSettings settings, ControlThread control, String name) {
    this.device = device;
    this.parts = parts;
    this.settings = settings;
    this.control = control;
    this.name = name;
    memory = new DriverMemory(device.memory(), name);
    fields = new DriverFields(name);
    claim = device.claim();
  }

  /** Walks to DRIVER_OK, or throws with nothing left behind. */
  void bind(Object port) {
    try {
      walk(port);
    } catch (RuntimeException e) {
      if (config != null && config.status() != GONE) {
        status(FAILED);
      }
      release();
      throw e;
    }
  }

  private void walk(Object port) {
    rings = parts.ring().driver(device, control);
    config = parts.config().open(device);
    requirePresent();
    status(0);
    if (!Deadline.await(settings.resetDeadline(), () -> config.status() == 0 || config.status() == GONE)) {
      throw new IllegalStateException("reset not confirmed within " + settings.resetDeadline().toMillis() + " ms");
    }
    requirePresent();
    if (config.configurationQueue() > 0) {
      ask();
    }
    status(ACKNOWLEDGE);
    id = config.id();
    VirtioDriver.Entry entry = entry(parts.driver(), id);
    if (entry == null) {
      throw new IllegalStateException(id.modalias() + " is in no line of the driver's id table");
    }
    status(ACKNOWLEDGE | DRIVER);
    offered = config.offered();
    accepted = Negotiation.accept(offered, parts, settings.mask());
    String objection = Negotiation.objection(accepted, offered, parts, device);
    if (objection != null) {
      throw new IllegalStateException(objection);
    }
    config.accept(accepted);
    status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
    int answer = config.status();
    if (answer == GONE || (answer & FEATURES_OK) == 0) {
      throw new IllegalStateException(answer == GONE ? "gone"
          : "FEATURES_OK refused for " + accepted + " (" + accepted.names(id.type()) + ") of " + offered + " offered");
    }
    rings.accept(accepted);
    fields.open(config, accepted);
    negotiated = true;
    config.listener(this);
    attached = probe(parts.driver(), entry, port);
    if (!live) {
      throw new IllegalStateException("the driver did not call ready");
    }
    everBound = true;
    if (changeQueued.get()) {
      control.execute(this::lookAtChange);
    }
  }

  /** What is written from now on travels on the configuration queue. */
  private void ask() {
    int size = config.configurationQueue();
    DmaMemory buffer = memory.apart(2L * ConfigurationQueue.LARGEST, Long.BYTES);
    if (buffer == null) {
      throw new IllegalStateException("no memory is left for the configuration queue");
    }
    int index = RingFormat.Rings.CONFIGURATION;
    try {
      Virtqueue queue = rings.queue(index, size, config.given(index), config.doorbell(index), null);
      if (queue == null) {
        throw new IllegalStateException("no memory is left for the configuration queue");
      }
      asking = new AskingQueue(queue, buffer, settings.resetDeadline());
    } finally {
      if (asking == null && device.memory() != null) {
        device.memory().free(buffer);   // nobody was told where it is
      }
    }
    config.configurationQueue(asking);
  }

  private void requirePresent() {
    if (config.status() == GONE) {
      throw new IllegalStateException("gone: its status reads all ones");
    }
  }

  static VirtioDriver.Entry entry(VirtioDriver<?> driver, DeviceId id) {
    return driver.table().stream().filter(entry -> entry.id().covers(id)).findFirst().orElse(null);
  }

  private <P> VirtioDriver.Attached probe(VirtioDriver<P> driver, VirtioDriver.Entry entry, Object port) {
    return driver.probe(this, entry, driver.port().cast(port));
  }

  private void status(int bits) {
    statuses.add(bits);
    config.status(bits);
  }

  /** The way back: the driver lets go, the device is reset, memory is freed or set aside. Idempotent. */
  void unbind() {
    if (attached != null) {
      VirtioDriver.Attached driver = attached;
      attached = null;
      try {
        driver.remove();
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.ERROR, name + ": the driver's remove failed", e);
      }
    }
    release();
  }

  private void release() {
    if (config != null) {
      boolean gaveUp = !statuses.isEmpty() && statuses.getLast() == FAILED;
      if (!gaveUp || negotiated) {
        reset();
      } else {
        confirm(true);   // no queue was ever made
      }
      config.listener(null);   // when it returns no callback is inside a ring: only then may its memory go
      if (!everBound || !confirmed) {   // else what is left is held by users, and theirs to free
        memory.giveAll();
      }
      if (gaveUp && confirmed && config.status() == 0) {
        status(FAILED);   // stays for whoever looks from the other side
      }
      fields.close();
      config.close();
      config = null;
    }
    if (rings != null) {
      rings.close();
      rings = null;
    }
    if (asking != null) {
      asking.end(confirmed && stopped, device.memory());
      asking = null;
    }
    claim.close();
  }

  /** Told by the transport. The device is pulled, orderly or not. */
  void gone() {
    fail(new Failure(Failure.Kind.DEVICE_GONE, name));
    unbind();
  }

  private void broken(Failure cause) {
    control.execute(() -> fail(cause));
  }

  private void fail(Failure cause) {
    if (attached != null && !failed) {
      failed = true;
      attached.failed(cause);
    }
  }

  boolean confirmed() {
    return confirmed;
  }

  Bus.DeviceReport report(String bus, String driver, String state) {
    List<Bus.QueueReport> reports = new ArrayList<>();
    for (Virtqueue queue : queues) {
      if (queue != null) {
        reports.add(new Bus.QueueReport(queue.index(), queue.size(), queue.state(), queue.broken(), queue.counters()));
      }
    }
    return new Bus.DeviceReport(bus, device.name(), id, driver, settings.owner(), state, List.copyOf(statuses), offered, accepted, reports,
        null, DeviceProperties.shown(device));
  }

  // What the driver sees.

  @Override
  public String name() {
    return name;
  }

  @Override
  public DeviceId id() {
    return id;
  }

  @Override
  public Features features() {
    return accepted;
  }

  @Override
  public long[] read(Field... wanted) {
    return fields.read(wanted);
  }

  @Override
  public long read(Field field) {
    return fields.read(field)[0];
  }

  @Override
  public void write(Field field, long value) {
    fields.write(field, value);
  }

  @Override
  public Virtqueue queue(int index, Queue.Callback used) {
    int most = config.queueSize(index);
    if (most == 0) {
      return null;
    }
    RingAreas given = config.given(index);
    int wanted = settings.queueSize() == 0 || !given.equals(RingAreas.NONE) ? most : Math.min(most, settings.queueSize());
    Virtqueue queue = rings.queue(index, Integer.highestOneBit(wanted), given, config.doorbell(index), new GuardedCallback(name, used, this::broken));
    if (queue == null) {
      return null;
    }
    config.enable(index, queue.size(), rings.areas(index));
    Virtqueue[] more = Arrays.copyOf(queues, Math.max(queues.length, index + 1));
    more[index] = queue;
    queues = more;
    return queue;
  }

  @Override
  public DmaMemory allocate(long bytes, long alignment) {
    return memory.allocate(bytes, alignment);
  }

  @Override
  public void free(DmaMemory region) {
    memory.free(region);
  }

  @Override
  public Channel channel() {
    return device.channel();
  }

  @Override
  public void ready() {
    if (!Deadline.await(settings.resetDeadline(), rings::settled)) {
      throw new IllegalStateException("the ring did not settle within " + settings.resetDeadline().toMillis() + " ms");
    }
    status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    live = true;
    rings.start();
  }

  @Override
  public boolean reset() {
    if (stopped) {
      return confirmed;
    }
    stopped = true;
    memory.stop();
    live = false;
    if (asking == null) {
      stopRings();
    }
    status(0);   // before the ring goes by which it may travel
    Deadline.await(settings.resetDeadline(), () -> config.status() == GONE || config.status() == 0 && stopRings());
    confirm(config.status() == 0 && stopRings());
    if (negotiated) {
      rings.stop(confirmed);
    }
    if (!confirmed) {
      LOG.log(System.Logger.Level.WARNING, name + ": reset not confirmed"
          + (config.status() == GONE ? ", the device has gone" : " within " + settings.resetDeadline().toMillis() + " ms")
          + "; its memory is set aside");
    }
    return confirmed;
  }

  private void confirm(boolean reset) {
    confirmed = reset;
    memory.confirm(reset);
  }

  /** Begins or goes on to stop the rings. @return whether nothing of them is under way */
  private boolean stopRings() {
    return !negotiated || rings.reset();
  }

  // What the device tells, on the transport's thread.

  @Override
  public void queue(int index) {
    Virtqueue[] all = queues;
    if (live && index < all.length && all[index] != null && all[index].signalled()) {
      control.execute(() -> queue(index));
    }
  }

  @Override
  public void changed() {
    if (changeQueued.compareAndSet(false, true) && live) {
      control.execute(this::lookAtChange);
    }
  }

  private void lookAtChange() {
    if (attached == null || !live || !changeQueued.compareAndSet(true, false)) {
      return;
    }
    int status = config.status();
    if (status == GONE) {
      fail(new Failure(Failure.Kind.DEVICE_GONE, name));
    } else if ((status & DEVICE_NEEDS_RESET) != 0) {
      fail(new Failure(Failure.Kind.DEVICE_NEEDS_RESET, name));
    } else {
      attached.configChanged();
    }
  }
}
