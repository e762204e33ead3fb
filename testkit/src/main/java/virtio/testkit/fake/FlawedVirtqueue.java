package virtio.testkit.fake;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import virtio.bus.Chain;
import virtio.bus.Signal;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;
import virtio.testkit.fake.FlawedRing.Flaw;

/** The driver's half of a {@link FlawedRing}: here the flaw shows. */
final class FlawedVirtqueue extends Virtqueue {
  private static final int LOST = 4;

  private final FakeWire wire;
  private final Flaw flaw;
  private final Signal doorbell;
  private final ArrayDeque<FakeWire.Buffer> unsynced = new ArrayDeque<>();
  private final ConcurrentHashMap<FakeWire.Buffer, Boolean> out = new ConcurrentHashMap<>();
  private final List<Object> again = new ArrayList<>();
  private boolean live;
  private boolean unrung;
  private volatile boolean buffered;
  private long written;
  private int used;

  FlawedVirtqueue(int index, int size, FakeWire wire, Flaw flaw, Signal doorbell, Callback callback) {
    super(index, size, callback);
    this.wire = wire;
    this.flaw = flaw;
    this.doorbell = doorbell;
  }

  @Override
  public Added add(Chain chain, Object token) {
    if (token == null || chain.parts() == 0) {
      throw new IllegalArgumentException("token=" + token + " parts=" + chain.parts());
    }
    assert enter();
    Added added = Added.OK;
    if (!well) {
      added = refused();
    } else if (chain.parts() > size()) {
      added = Added.TOO_LONG;
    } else if (out.size() + unsynced.size() == size()) {
      added = Added.FULL;
    } else {
      unsynced.add(new FakeWire.Buffer(new Chain(chain.parts()).copy(chain), token));
    }
    assert leave();
    return added;
  }

  @Override
  public void sync() {
    assert enter();
    drainStoreBuffer();
    if (well && !unsynced.isEmpty()) {
      unsynced.forEach(buffer -> out.put(buffer, true));
      published += FakeWire.hand(unsynced, wire.available);
      unrung = true;
      ring();
    }
    assert leave();
  }

  private void ring() {
    if (unrung && (live || flaw == Flaw.RINGS_EARLY)) {
      unrung = false;
      if (wire.deviceAsks) {
        raised++;
        doorbell.raise(0);
      }
    }
  }

  @Override
  public Object get() {
    assert enter();
    drainStoreBuffer();
    Object token = well ? next() : null;
    assert leave();
    return token;
  }

  private Object next() {
    if (wire.wrong) {
      fail(Violation.USED_INDEX);
      return null;
    }
    FakeWire.Buffer buffer = wire.used.poll();
    if (buffer != null && flaw == Flaw.LOSES_A_TOKEN && ++used % LOST == 0) {
      out.remove(buffer);
      buffer = wire.used.poll();
    }
    if (buffer == null) {
      return null;
    }
    out.remove(buffer);
    taken++;
    written = buffer.written + (flaw == Flaw.WRONG_LENGTH ? 1 : 0);
    if (flaw == Flaw.GIVES_BACK_TWICE) {
      again.add(buffer.token);
    }
    return buffer.token;
  }

  @Override
  public long written() {
    return written;
  }

  @Override
  public boolean detach(Object token) {
    assert enter();
    boolean over = state() == State.STOPPED || state() == State.QUARANTINED;
    boolean found = (well || over) && unsynced.removeIf(buffer -> buffer.token == token);
    if (over && !found) {
      found = out.keySet().removeIf(buffer -> buffer.token == token) || again.remove(token);
    }
    assert leave();
    return found;
  }

  @Override
  protected void opened() {
    live = true;
    ring();
  }

  @Override
  protected int ask() {
    if (flaw == Flaw.FORGETS_THE_FENCE) {
      buffered = true;
    } else if (flaw != Flaw.MUTES_LATE) {
      wire.driverAsks = true;
    }
    return 0;
  }

  private void drainStoreBuffer() {
    if (buffered) {
      buffered = false;
      wire.driverAsks = true;
    }
  }

  @Override
  protected void mute() {
    wire.driverAsks = false;
  }

  @Override
  protected boolean pending(int from) {
    return !wire.used.isEmpty();
  }

  void begin() {
    start();
  }

  void end(boolean confirmed) {
    stop(confirmed);
  }
}
