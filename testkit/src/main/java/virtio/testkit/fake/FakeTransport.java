package virtio.testkit.fake;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import virtio.bus.BusDevice;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.Transport;

/** A bus whose devices a test plugs and pulls. Listeners are told on the caller's thread. */
public final class FakeTransport implements Transport {
  private final Set<BusDevice> devices = new LinkedHashSet<>();
  private final List<Listener> listeners = new ArrayList<>();
  private Features features = Features.ALL;

  /** What devices on it may be given. */
  public synchronized void carries(Features carried) {
    features = carried;
  }

  @Override
  public synchronized Features features() {
    return features;
  }

  @Override
  public synchronized Registration watch(Listener listener) {
    listeners.add(listener);
    devices.forEach(listener::appeared);
    return () -> forget(listener);
  }

  private synchronized void forget(Listener listener) {
    listeners.remove(listener);
  }

  /** A device appears. */
  public synchronized void plug(BusDevice device) {
    devices.add(device);
    listeners.forEach(listener -> listener.appeared(device));
  }

  /** Somebody wants to take a device out. */
  public synchronized void ask(BusDevice device) {
    listeners.forEach(listener -> listener.leaving(device));
  }

  /** A device is gone, without notice. */
  public synchronized void pull(BusDevice device) {
    devices.remove(device);
    listeners.forEach(listener -> listener.disappeared(device));
  }

  /** How many watch. */
  public synchronized int watchers() {
    return listeners.size();
  }
}
