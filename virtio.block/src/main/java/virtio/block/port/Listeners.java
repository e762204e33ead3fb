package virtio.block.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import virtio.block.BlockDevice.Listener;
import virtio.bus.Registration;

/** Those who want to hear about a disk. What one of them throws is logged, and harms nobody. */
final class Listeners {
  private static final Logger LOG = System.getLogger("virtio.block");

  private final List<Entry> entries = new CopyOnWriteArrayList<>();

  /** One registration: the same listener may have several. Calls and close exclude one another. */
  private final class Entry implements Registration {
    private final Listener listener;
    private boolean closed;

    Entry(Listener listener) {
      this.listener = listener;
    }

    synchronized void tell(Consumer<Listener> what) {
      if (closed) {
        return;
      }
      try {
        what.accept(listener);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a listener of a disk failed", e);
      }
    }

    @Override
    public synchronized void close() {
      closed = true;
      entries.remove(this);
    }
  }

  Registration add(Listener listener) {
    Entry entry = new Entry(listener);
    entries.add(entry);
    return entry;
  }

  void tell(Consumer<Listener> what) {
    entries.forEach(entry -> entry.tell(what));
  }
}
