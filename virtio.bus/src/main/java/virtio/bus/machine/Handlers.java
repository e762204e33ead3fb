package virtio.bus.machine;

import java.util.Arrays;
import virtio.bus.Interrupt;
import virtio.bus.Registration;

/**
 * Those who want to hear of one event. They are called on the event's one thread, one after the other; when a registration's {@code close}
 * returns, its handler is not running and will not run again, except when closed from inside.
 */
public final class Handlers implements Interrupt {
  private static final Handler[] NONE = {};

  private final String name;
  private final System.Logger log;
  private volatile Handler[] handlers = NONE;

  /**
   * @param name of the event
   * @param log its owner's, for what a handler throws
   */
  public Handlers(String name, System.Logger log) {
    this.name = name;
    this.log = log;
  }

  @Override
  public Registration register(Runnable handler) {
    Handler added = new Handler(handler);
    synchronized (this) {
      Handler[] more = Arrays.copyOf(handlers, handlers.length + 1);
      more[handlers.length] = added;
      handlers = more;
    }
    return added;
  }

  /** Whether anybody wants to hear. */
  public boolean any() {
    return handlers.length > 0;
  }

  /** On the event's one thread. Nothing that a handler throws comes out. */
  public void run() {
    for (Handler handler : handlers) {
      handler.run();
    }
  }

  /** Ends all registrations. */
  public void close() {
    for (Handler handler : handlers) {
      handler.close();
    }
  }

  private synchronized void remove(Handler handler) {
    handlers = Arrays.stream(handlers).filter(one -> one != handler).toArray(Handler[]::new);
  }

  private final class Handler implements Registration {
    private final Runnable task;
    private boolean closed;

    Handler(Runnable task) {
      this.task = task;
    }

    /** Under the monitor that {@link #close} takes: so closing waits, unless it is called from in here. */
    synchronized void run() {
      if (closed) {
        return;
      }
      try {
        task.run();
      } catch (RuntimeException | Error thrown) {
        log.log(System.Logger.Level.ERROR, name + ": a handler threw", thrown);
      }
    }

    @Override
    public void close() {
      synchronized (this) {
        closed = true;
      }
      remove(this);
    }
  }
}
