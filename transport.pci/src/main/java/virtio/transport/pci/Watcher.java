package virtio.transport.pci;

import java.util.function.Consumer;
import virtio.bus.BusDevice;
import virtio.bus.Registration;
import virtio.bus.Transport;

/** One who is told of devices, on the transport's thread, until closed. */
final class Watcher implements Registration {
  private static final System.Logger LOG = System.getLogger("virtio.transport.pci");

  private final Transport.Listener listener;
  private final Consumer<Watcher> removed;
  private boolean closed;

  Watcher(Transport.Listener listener, Consumer<Watcher> removed) {
    this.listener = listener;
    this.removed = removed;
  }

  void appeared(BusDevice device) {
    tell(() -> listener.appeared(device));
  }

  void disappeared(BusDevice device) {
    tell(() -> listener.disappeared(device));
  }

  /** Under the monitor that {@link #close} takes, which therefore waits, unless it is called from in here. */
  private synchronized void tell(Runnable news) {
    if (closed) {
      return;
    }
    try {
      news.run();
    } catch (RuntimeException | Error thrown) {
      LOG.log(System.Logger.Level.ERROR, "a watcher threw", thrown);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    removed.accept(this);
  }
}
