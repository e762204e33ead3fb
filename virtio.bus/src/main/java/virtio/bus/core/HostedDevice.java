package virtio.bus.core;

import static virtio.bus.spec.DeviceStatus.DEVICE_NEEDS_RESET;
import static virtio.bus.spec.DeviceStatus.DRIVER_OK;
import static virtio.bus.spec.DeviceStatus.FAILED;
import static virtio.bus.spec.DeviceStatus.FEATURES_OK;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import virtio.bus.Bus;
import virtio.bus.ConfigHandler;
import virtio.bus.ConfigurationQueue;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.DeviceModel;
import virtio.bus.DeviceQueue;
import virtio.bus.Exposure;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.Signal;
import virtio.bus.Slot;
import virtio.bus.spec.FeatureBits;

/**
 * A model as registers: what a config handler exposes. Registers are answered at once, under one lock; the model runs on the slot's
 * thread.
 *
 * <p>Spec: virtio 1.4, "Basic Facilities of a Virtio Device"
 */
final class HostedDevice implements DeviceConfig, HostedQueues.Owner {
  private static final System.Logger LOG = System.getLogger("virtio.bus");
  /** How long a ring of the device's half may take to let go, once the model has stopped. */
  private static final Duration RING_STOPS = Duration.ofMillis(500);
  private static final Duration CLOSES = Duration.ofSeconds(5);

  private final String name;
  private final DeviceModel model;
  private final ModelTurn turn;
  private final RingFormat format;
  private final Slot slot;
  private final SlotWork work;
  private final Features offered;
  private final FieldWatch fields;
  private final HostedQueues queues;
  private final QueueDoorbell[] doorbells;
  private final QueueDoorbell questions;
  private final StatusHistory statuses = new StatusHistory();
  private Features accepted = Features.NONE;
  private int status;
  /** The queues know what was accepted: from FEATURES_OK to the end of a reset. */
  private boolean negotiated;
  private boolean running;
  private boolean stopping;
  /** It is being taken away: no driver is served any more, or the turn would be taken for ever. */
  private boolean closed;
  /** Of the slot's thread: the model has been started and not stopped. */
  private boolean started;
  private volatile Listener listener;

  HostedDevice(String name, DeviceModel model, ModelTurn turn, RingFormat format, ConfigHandler config, Slot slot) {
    this.name = name;
    this.model = model;
    this.turn = turn;
    this.format = format;
    this.slot = slot;
    Features ring = format.features().and(Negotiation.RESERVED).with(FeatureBits.VIRTIO_F_VERSION_1);
    if (slot.memory() == null || !slot.memory().translated()) {
      ring = ring.without(FeatureBits.VIRTIO_F_ACCESS_PLATFORM);
    }
    Features handler = config.accepts().and(Negotiation.RESERVED);
    offered = model.offered().minus(Negotiation.RESERVED).or(ring).or(handler).and(config.features());
    fields = new FieldWatch(model, offered);
    queues = new HostedQueues(model, format, slot, this);
    work = new SlotWork(slot.executor());
    doorbells = new QueueDoorbell[queues.count()];
    Arrays.setAll(doorbells, index -> new QueueDoorbell(() -> rung(index), work));
    questions = new QueueDoorbell(() -> rung(RingFormat.Rings.CONFIGURATION), work);
  }

  @Override
  public DeviceId id() {
    return model.id();
  }

  @Override
  public Features offered() {
    return offered;
  }

  @Override
  public synchronized void accept(Features features) {
    accepted = features;
  }

  @Override
  public synchronized int status() {
    return status;
  }

  @Override
  public void status(int bits) {
    synchronized (this) {
      if (bits == 0) {
        statuses.note(0);
        if (stopping) {
          return;
        }
        if (!negotiated) {
          forget();
          return;
        }
        stopping = true;
        running = false;
      } else {
        if (stopping) {
          return;
        }
        write(bits);
        return;
      }
    }
    Runnable halt = () -> halt(System.nanoTime() + RING_STOPS.toNanos());
    if (!work.post(halt)) {
      halt.run();   // the slot's thread has ended: nothing runs beside us
    }
  }

  private void write(int bits) {
    int fresh = bits & ~status;
    int now = bits | status & DEVICE_NEEDS_RESET;   // only a reset clears it
    if ((fresh & FEATURES_OK) != 0 && !agree()) {
      now &= ~FEATURES_OK;
    }
    status = now;
    statuses.note(bits);
    if ((fresh & DRIVER_OK) != 0 && negotiated && (now & FAILED) == 0) {
      work.post(this::begin);
    }
  }

  /** Whether FEATURES_OK may stand: a subset of what is offered, not legacy, and nobody else is being served. */
  private boolean agree() {
    if (closed) {
      return false;
    }
    if (!offered.holds(accepted) || !accepted.has(FeatureBits.VIRTIO_F_VERSION_1)) {
      LOG.log(System.Logger.Level.WARNING, name + ": FEATURES_OK refused: accepted " + accepted + " of " + offered + " offered");
      return false;
    }
    if (!turn.take(this)) {
      LOG.log(System.Logger.Level.WARNING, name + ": FEATURES_OK refused: busy, it serves a driver on " + turn.holder());
      return false;
    }
    queues.accept(accepted);
    negotiated = true;
    fields.settle();
    return true;
  }

  private void begin() {
    synchronized (this) {
      if (stopping || !negotiated || running) {
        return;
      }
      running = true;
      queues.start();
    }
    started = true;
    model.slot(work.begin(this::failed));
    model.start(accepted, queues.all(), this::bump);
    if (fields.look()) {
      tellChange();
    }
    for (QueueDoorbell doorbell : doorbells) {
      doorbell.run();
    }
  }

  /** On the slot's thread: nothing of the model runs beside it. */
  private void halt(long end) {
    work.end();
    if (started) {
      started = false;
      model.stop();
    }
    if (negotiated) {
      queues.stop();
    }
    awaitRings(end);
  }

  private void awaitRings(long end) {
    while (negotiated && !queues.reset() && System.nanoTime() - end < 0) {
      if (work.post(() -> awaitRings(end))) {
        return;
      }
      Thread.onSpinWait();
    }
    synchronized (this) {
      forget();
    }
    Listener told = listener;
    if (told != null) {
      told.status();
    }
  }

  private void forget() {
    negotiated = false;
    accepted = Features.NONE;
    queues.forget();
    stopping = false;
    running = false;
    fields.told();
    status = 0;
    turn.leave(this);
  }

  @Override
  public int generation() {
    return fields.generation();
  }

  @Override
  public List<Field> fields() {
    return fields.all();
  }

  @Override
  public long read(Field field) {
    return model.read(field);
  }

  @Override
  public void write(Field field, long value) {
    model.write(field, value);
  }

  /** The model's word that fields have changed; held back until DRIVER_OK. */
  private void bump() {
    fields.bump();
    tellChange();
  }

  private void tellChange() {
    Listener told;
    synchronized (this) {
      if ((status & DRIVER_OK) == 0 || stopping) {
        return;
      }
      fields.told();
      told = listener;
    }
    if (told != null) {
      told.changed();
    }
  }

  @Override
  public int queueSize(int index) {
    return queues.size(index);
  }

  @Override
  public boolean ringsInMemory() {
    return format.sharesMemory();
  }

  @Override
  public RingAreas given(int index) {
    return RingAreas.NONE;
  }

  @Override
  public synchronized void enable(int index, int size, RingAreas areas) {
    queues.enable(index, size, areas, negotiated);
  }

  @Override
  public synchronized void configurationQueue(int size, RingAreas areas, ConfigurationQueue.Answers answers) {
    queues.configuration(size, areas, answers);
  }

  @Override
  public void failed(RuntimeException e) {
    LOG.log(System.Logger.Level.ERROR, name + ": the model failed", e);
    needsReset(e.toString());
  }

  @Override
  public void used(int index) {
    Listener told = listener;
    if (told != null) {
      told.queue(index);
    }
  }

  @Override
  public void needsReset(String why) {
    LOG.log(System.Logger.Level.WARNING, name + ": needs reset: " + why);
    synchronized (this) {
      status |= DEVICE_NEEDS_RESET;
    }
    Listener told = listener;
    if (told != null) {
      told.status();
      told.changed();
    }
  }

  @Override
  public Signal doorbell(int index) {
    return index == RingFormat.Rings.CONFIGURATION ? questions : doorbells[index];
  }

  /** What a doorbell's queue is now; null while nobody serves it. */
  private synchronized DeviceQueue rung(int index) {
    return index == RingFormat.Rings.CONFIGURATION ? queues.configuration() : running ? queues.get(index) : null;
  }

  @Override
  public void listener(Listener told) {
    listener = told;
  }

  /** Stops the model, on the slot's thread while that lives; returns when it has stopped, bounded. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    status(0);
    if (!Deadline.await(CLOSES, () -> status() == 0)) {
      LOG.log(System.Logger.Level.ERROR, name + ": its model did not stop within " + CLOSES.toSeconds() + " s");
    }
    queues.close();
  }

  String slotName() {
    return slot.name();
  }

  synchronized Bus.DeviceReport report(String host, String face, String owner, String state, Exposure.Understood understood) {
    return new Bus.DeviceReport(host, slot.name(), model.id(), face, owner, state, statuses.all(), offered, accepted, queues.reports(),
        understood, Map.of());
  }
}
