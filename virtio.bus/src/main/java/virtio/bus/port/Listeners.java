package virtio.bus.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import virtio.bus.Registration;

/**
 * Those who want to hear about a port's device. What one of them throws is logged, and harms nobody. Any thread.
 *
 * @param <L> the listener
 */
public final class Listeners<L> {
  private final Logger log;
  /** Replaced as a whole, and gone through by index: a port tells of bytes and room as often as they come, and allocates nothing. */
  private volatile List<Entry> entries = List.of();

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
    public void close() {
      synchronized (this) {
        closed = true;
      }
      change(list -> list.remove(this));
    }
  }

  /** Until closed; closing waits for a call that is under way on another thread. */
  public Registration add(L listener) {
    Entry entry = new Entry(listener);
    change(list -> list.add(entry));
    return entry;
  }

  private synchronized void change(Consumer<List<Entry>> how) {
    List<Entry> next = new ArrayList<>(entries);
    how.accept(next);
    entries = next;
  }

  public void tell(Consumer<L> what) {
    List<Entry> now = entries;
    for (int i = 0; i < now.size(); i++) {
      now.get(i).tell(what);
    }
  }
}
