package virtio.bus.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import virtio.bus.Registration;

/**
 * Those who want to hear about a port's device. What one of them throws is logged, and harms nobody. Any thread.
 *
 * @param <L> the listener
 */
public final class Listeners<L> {
  private final Logger log;
  private final List<Entry> entries = new CopyOnWriteArrayList<>();

  /** @param pid the port's, and the name of the log */
  public Listeners(String pid) {
    log = System.getLogger(pid);
  }

  /** One registration: the same listener may have several. Calls and close exclude one another. */
  private final class Entry implements Registration {
    private final L listener;
    private boolean closed;

    Entry(L listener) {
      this.listener = listener;
    }

    synchronized void tell(Consumer<L> what) {
      if (closed) {
        return;
      }
      try {
        what.accept(listener);
      } catch (RuntimeException e) {
        log.log(Level.WARNING, "a listener failed", e);
      }
    }

    @Override
    public synchronized void close() {
      closed = true;
      entries.remove(this);
    }
  }

  /** Until closed; closing waits for a call that is under way on another thread. */
  public Registration add(L listener) {
    Entry entry = new Entry(listener);
    entries.add(entry);
    return entry;
  }

  public void tell(Consumer<L> what) {
    entries.forEach(entry -> entry.tell(what));
  }
}
