package virtio.block.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import virtio.block.BlockDevice;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.bus.Bus;
import virtio.bus.port.Admission;
import virtio.bus.port.Listeners;
import virtio.bus.port.PortControl;
import virtio.bus.port.PortSettings;
import virtio.bus.port.Publisher;

/**
 * What an exchange is for a disk: what was begun is finished and flushed, what comes back is sent again, and another disk takes its place
 * only if it is the same one.
 */
final class Control extends PortControl<Disk> implements DiskEvents {
  private static final Logger LOG = System.getLogger("virtio.block");
  private static final long LONGEST_TICK = TimeUnit.SECONDS.toNanos(1);
  private static final long SHORTEST_TICK = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long FLUSH_AT_LEAST = TimeUnit.MILLISECONDS.toNanos(500);

  private final Traffic traffic = new Traffic(this);
  private final Errand errand = new Errand(traffic, this::lost);
  private final Listeners<BlockDevice.Listener> listeners = new Listeners<>("virtio.block");
  /** The control thread's own. */
  private long capacity;
  // Written by the control thread, read by anybody.
  private volatile Identity promise;
  private volatile Boolean writeback;

  Control(Bus bus, Publisher publisher, String name) {
    super(bus, publisher, "virtio.block", name);
  }

  Traffic traffic() {
    return traffic;
  }

  Listeners<BlockDevice.Listener> listeners() {
    return listeners;
  }

  /** What concerns requests is in force at once. @return the rest */
  PortSettings take(Settings good) {
    traffic.settings(good.readOnly(), good.port().deadline().toNanos());
    return good.port();
  }

  void writeback(boolean on) {
    writeback = on;
  }

  String id() {
    Identity now = promise;
    return now == null ? "" : now.id();
  }

  @Override
  protected Object port() {
    return traffic;
  }

  @Override
  protected String name(Disk of) {
    return of.name();
  }

  @Override
  public void changed(Disk of) {
    wake();
  }

  @Override
  public void down(Disk of, boolean confirmed) {
    down(of);
  }

  @Override
  public void busy() {
    wake();
  }

  @Override
  protected void hold() {
    traffic.hold();
  }

  @Override
  protected void drain(Disk from, PortSettings settings) {
    long end = System.nanoTime() + settings.drain().toNanos();
    if (traffic.drain(settings.drain().toNanos()) && traffic.unstable()) {
      errand.flush(from, Math.max(FLUSH_AT_LEAST, end - System.nanoTime()));
    }
  }

  /** Of a cache that could not be flushed nothing is known once somebody else may have the device. */
  @Override
  protected void released() {
    traffic.cacheLost();
  }

  @Override
  protected void gone(String why) {
    traffic.close(Outcome.DEVICE_GONE, why);
  }

  @Override
  protected void forgotten() {
    traffic.forgive();
  }

  @Override
  protected void end(boolean failed, String why) {
    traffic.close(failed ? Outcome.DEVICE_FAILED : Outcome.DEVICE_GONE, why);
    traffic.cacheLost();
    promise = null;
    writeback = null;
  }

  @Override
  protected String overdue(PortSettings settings) {
    return traffic.overdue() ? "no answer within " + settings.deadline().toMillis() + " ms" : null;
  }

  @Override
  protected long tick(PortSettings settings) {
    return traffic.watching() ? Math.clamp(settings.deadline().toNanos() / 4, SHORTEST_TICK, LONGEST_TICK) : Long.MAX_VALUE;
  }

  @Override
  protected Admission admit(Disk come, PortSettings settings) {
    String id = errand.id(come, settings.deadline().toNanos());
    if (id == null) {
      return Admission.silent("GET_ID without an answer");
    }
    Identity found = Identity.of(id, come.information());
    String differs = promise == null ? null : promise.differs(found);
    if (differs != null) {
      return Admission.refused("another disk on " + come.name() + ": " + differs);
    }
    if (!continues(come, settings)) {
      traffic.cacheLost();
    }
    restore(come);
    if (!traffic.serve(come, come.information().flush() && come.writeback())) {
      return Admission.GONE;
    }
    promise = promise == null ? found : promise;
    if (!published()) {
      capacity = found.capacity();
    }
    return Admission.SERVING;
  }

  private void restore(Disk come) {
    Boolean asked = writeback;
    if (asked == null || !come.information().writebackSettable()) {
      return;
    }
    try {
      come.writeback(asked);
    } catch (UnsupportedOperationException e) {
      LOG.log(Level.WARNING, "virtio.block " + name() + ": " + e.getMessage());
    }
  }

  @Override
  protected void look(Disk serving) {
    long before = capacity;
    long after = serving.information().capacity();
    if (before != after) {
      capacity = after;
      promise = promise.withCapacity(after);
      listeners.tell(listener -> listener.resized(before, after));
    }
  }

  @Override
  protected void tellHeld(String why) {
    listeners.tell(listener -> listener.held(why));
  }

  @Override
  protected void tellResumed() {
    listeners.tell(BlockDevice.Listener::resumed);
  }

  @Override
  protected void tellLost(String why) {
    listeners.tell(listener -> listener.lost(why));
  }
}
