package virtio.testkit.fake;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.ConfigurationQueue;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.bus.spec.DeviceStatus;
import virtio.bus.spec.FeatureBits;

/**
 * The registers of a device that misbehaves on demand: refuses features, confirms a reset late or never, has gone, never settles. All
 * that a driver's half writes is recorded.
 */
public final class FakeRegisters implements DeviceConfig {
  private final DeviceId id;
  private final Map<Field, Long> values = new HashMap<>();
  private final Map<Integer, Integer> queueSizes = new HashMap<>();
  private final List<Integer> statuses = new CopyOnWriteArrayList<>();
  private final List<Integer> enabled = new CopyOnWriteArrayList<>();
  private final Map<Integer, RingAreas> areas = new ConcurrentHashMap<>();
  private final Map<Integer, Integer> sizes = new ConcurrentHashMap<>();
  private final List<String> doorbells = new CopyOnWriteArrayList<>();
  private Features offered = Features.of(FeatureBits.VIRTIO_F_VERSION_1);
  private Features accepted = Features.NONE;
  private boolean refuseFeatures;
  private boolean unsettled;
  private Runnable onRead = () -> {};
  private long resetNanos;
  private boolean resetNever;
  private long resetSince;
  private boolean resetting;
  private boolean gone;
  private int status;
  private int generation;
  private volatile Listener listener;
  private volatile ConfigurationQueue.Answers answers;
  private volatile boolean mute;

  /** One queue of 8. */
  public FakeRegisters(DeviceId id) {
    this.id = id;
    queueSizes.put(0, 8);
  }

  /** Reads any {@link FakeBusDevice}. */
  public static ConfigHandler handler() {
    return handler(Features.NONE);
  }

  /** The same, bringing features of its own. */
  public static ConfigHandler handler(Features brought) {
    return new ConfigHandler() {
      @Override
      public Features accepts() {
        return brought;
      }

      @Override
      public String lacks(BusDevice device) {
        return device instanceof FakeBusDevice ? null : "fake registers";
      }

      @Override
      public DeviceId identify(BusDevice device) {
        return device instanceof FakeBusDevice fake ? fake.registers().id() : null;
      }

      @Override
      public DeviceConfig open(BusDevice device) {
        return ((FakeBusDevice) device).registers();
      }

      @Override
      public Registration expose(DeviceConfig device, Slot slot) {
        throw new UnsupportedOperationException("fake registers are a driver's half only");
      }
    };
  }

  public synchronized FakeRegisters offers(Features features) {
    offered = features;
    return this;
  }

  public synchronized FakeRegisters has(Field field, long value) {
    values.put(field, value);
    return this;
  }

  public synchronized FakeRegisters queue(int index, int size) {
    queueSizes.put(index, size);
    return this;
  }

  /** FEATURES_OK never sticks. */
  public synchronized FakeRegisters refusesFeatures() {
    refuseFeatures = true;
    return this;
  }

  /** The generation steps at each look. */
  public synchronized FakeRegisters neverSettles() {
    unsettled = true;
    return this;
  }

  /** Runs within each read of a field, before its value is taken. */
  public synchronized FakeRegisters onRead(Runnable hook) {
    onRead = hook;
    return this;
  }

  public synchronized FakeRegisters confirmsResetAfter(long nanos) {
    resetNanos = nanos;
    return this;
  }

  public synchronized FakeRegisters neverConfirmsReset(boolean never) {
    resetNever = never;
    return this;
  }

  /** From now on every register reads all ones. */
  public synchronized void vanish() {
    gone = true;
  }

  /** A field changes and the driver is told. */
  public void change(Field field, long value) {
    synchronized (this) {
      values.put(field, value);
      generation++;
    }
    tell();
  }

  /** As {@link #change}, silently: only the generation tells. */
  public synchronized void slip(Field field, long value) {
    values.put(field, value);
    generation++;
  }

  /** DEVICE_NEEDS_RESET, and the configuration interrupt. */
  public void needsReset() {
    synchronized (this) {
      status |= DeviceStatus.DEVICE_NEEDS_RESET;
    }
    Listener told = listener;
    if (told != null) {
      told.status();
      told.changed();
    }
  }

  /** A configuration interrupt, spurious or not. */
  public void tell() {
    Listener told = listener;
    if (told != null) {
      told.changed();
    }
  }

  /** A queue's interrupt. */
  public void interrupt(int queue) {
    Listener told = listener;
    if (told != null) {
      told.queue(queue);
    }
  }

  /** The driver's end of the configuration queue that a handler has made: asks at once, on the caller's thread. */
  public ConfigurationQueue asking() {
    return request -> {
      ConfigurationQueue.Answers answering = answers;
      return answering == null || mute ? null : answering.answer(request);
    };
  }

  /** The configuration queue does not answer any more, until it is made anew. */
  public void muteConfigurationQueue() {
    mute = true;
  }

  @Override
  public void configurationQueue(int size, RingAreas where, ConfigurationQueue.Answers answering) {
    areas.put(RingFormat.Rings.CONFIGURATION, where);
    answers = answering;
    mute = false;
  }

  /** Each status a driver wrote. */
  public List<Integer> statuses() {
    return List.copyOf(statuses);
  }

  /** What was rung, and at which status: {@code "0 at 15"}. */
  public List<String> rung() {
    return List.copyOf(doorbells);
  }

  public List<Integer> enabled() {
    return List.copyOf(enabled);
  }

  /** Where a queue that was enabled lies; null before. */
  public RingAreas areas(int index) {
    return areas.get(index);
  }

  /** The size a queue was enabled with; 0 before. */
  public int size(int index) {
    return sizes.getOrDefault(index, 0);
  }

  /** What {@link #neverConfirmsReset} held back. */
  public void finishReset() {
    synchronized (this) {
      resetNever = false;
      resetting = false;
      status = 0;
      accepted = Features.NONE;
    }
    Listener told = listener;
    if (told != null) {
      told.status();
    }
  }

  public synchronized Features accepted() {
    return accepted;
  }

  @Override
  public DeviceId id() {
    return id;
  }

  @Override
  public synchronized Features offered() {
    return offered;
  }

  @Override
  public synchronized void accept(Features features) {
    accepted = features;
  }

  @Override
  public synchronized int status() {
    if (gone) {
      return DeviceStatus.GONE;
    }
    if (resetting && !resetNever && System.nanoTime() - resetSince >= resetNanos) {
      resetting = false;
      status = 0;
      accepted = Features.NONE;
    }
    return status;
  }

  @Override
  public synchronized void status(int bits) {
    statuses.add(bits);
    if (bits == 0) {
      resetting = status != 0 || resetNever;
      resetSince = System.nanoTime();
      if (resetNever && status == 0) {
        status = DeviceStatus.DRIVER_OK;   // left live by somebody else
      }
      return;
    }
    status = refuseFeatures ? bits & ~DeviceStatus.FEATURES_OK : bits;
  }

  @Override
  public synchronized int generation() {
    return unsettled ? generation++ : generation;
  }

  @Override
  public synchronized List<Field> fields() {
    return List.copyOf(values.keySet());
  }

  @Override
  public synchronized long read(Field field) {
    onRead.run();
    return gone ? -1 : values.getOrDefault(field, 0L);
  }

  @Override
  public synchronized void write(Field field, long value) {
    values.put(field, value);
  }

  @Override
  public synchronized int queueSize(int index) {
    return queueSizes.getOrDefault(index, 0);
  }

  @Override
  public RingAreas given(int index) {
    return RingAreas.NONE;
  }

  @Override
  public void enable(int index, int size, RingAreas where) {
    enabled.add(index);
    areas.put(index, where);
    sizes.put(index, size);
  }

  @Override
  public Signal doorbell(int index) {
    return position -> doorbells.add(index + " at " + status());
  }

  @Override
  public void listener(Listener told) {
    listener = told;
  }

  @Override
  public void close() {
    listener = null;
  }
}
