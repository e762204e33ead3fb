package virtio.testkit.fake;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.Signal;

/** The device's half of a {@link FlawedRing}; no flaw of its own. */
final class FlawedDeviceQueue extends DeviceQueue {
  private final FakeWire wire;
  private final Signal interrupt;
  private final Map<Integer, FakeWire.Buffer> ours = new HashMap<>();
  private final ArrayDeque<FakeWire.Buffer> unsynced = new ArrayDeque<>();
  private int marks;
  private boolean live;

  FlawedDeviceQueue(int index, int size, FakeWire wire, Signal interrupt, Callback callback) {
    super(index, size, callback);
    this.wire = wire;
    this.interrupt = interrupt;
  }

  @Override
  public boolean take(Chain chain) {
    assert enter();
    chain.clear();
    FakeWire.Buffer buffer = well && live ? wire.available.poll() : null;
    if (buffer != null) {
      taken++;
      chain.copy(buffer.chain);
      chain.id(++marks);
      ours.put(marks, buffer);
    }
    assert leave();
    return buffer != null;
  }

  @Override
  public void push(Chain chain) {
    FakeWire.Buffer buffer = ours.remove(chain.id());
    if (buffer == null) {
      throw new IllegalArgumentException("chain=" + chain.id() + " not taken");
    }
    assert enter();
    buffer.written = chain.written();
    unsynced.add(buffer);
    assert leave();
  }

  @Override
  public void sync() {
    assert enter();
    if (well && !unsynced.isEmpty()) {
      published += FakeWire.hand(unsynced, wire.used);
      if (wire.driverAsks) {
        raised++;
        interrupt.raise(0);
      }
    }
    assert leave();
  }

  @Override
  protected void opened() {
    live = true;
  }

  @Override
  protected int ask() {
    wire.deviceAsks = true;
    return 0;
  }

  @Override
  protected void mute() {
    wire.deviceAsks = false;
  }

  @Override
  protected boolean pending(int from) {
    return !wire.available.isEmpty();
  }

  void begin() {
    start();
  }

  void end(boolean confirmed) {
    stop(confirmed);
  }
}
