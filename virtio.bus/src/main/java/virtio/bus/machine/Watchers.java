package virtio.bus.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import virtio.bus.BusDevice;
import virtio.bus.Registration;
import virtio.bus.Transport;

/**
 * Those who watch a transport, and the transport's one thread: everything it does, and all that it tells, happens there, one after the
 * other. Any thread, but for {@link #appeared}, {@link #leaving} and {@link #disappeared}.
 */
public final class Watchers {
  private static final long STOP_SECONDS = 5;

  private final System.Logger log;
  private final ScheduledExecutorService events;
  private final List<Watcher> watchers = new ArrayList<>();

  /**
   * @param thread its name
   * @param log the transport's, for what events and watchers throw
   */
  public Watchers(String thread, System.Logger log) {
    this.log = log;
    this.events = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name(thread).factory());
  }

  /** Runs it on the thread, after what was given before; once stopped nothing is run any more. */
  public void later(Runnable event) {
    try {
      events.execute(() -> guarded(event));
    } catch (RejectedExecutionException stopped) {
      log.log(System.Logger.Level.DEBUG, "stopped: nothing is told any more");
    }
  }

  /** Runs it on the thread again and again, so long after the last time. */
  public void every(long millis, Runnable event) {
    events.scheduleWithFixedDelay(() -> guarded(event), millis, millis, TimeUnit.MILLISECONDS);
  }

  /**
   * As {@link Transport#watch}.
   *
   * @param present asked on the thread
   */
  public Registration watch(Transport.Listener listener, Supplier<? extends Iterable<? extends BusDevice>> present) {
    Watcher watcher = new Watcher(listener);
    later(() -> {
      watchers.add(watcher);
      present.get().forEach(watcher::appeared);
    });
    return watcher;
  }

  /** Tells all of them. On the thread. */
  public void appeared(BusDevice device) {
    List.copyOf(watchers).forEach(watcher -> watcher.appeared(device));
  }

  /** Tells all of them. On the thread. */
  public void leaving(BusDevice device) {
    List.copyOf(watchers).forEach(watcher -> watcher.leaving(device));
  }

  /** Tells all of them. On the thread. */
  public void disappeared(BusDevice device) {
    List.copyOf(watchers).forEach(watcher -> watcher.disappeared(device));
  }

  /** Takes no more events, and returns when those before have run; false: a watcher does not return, and is left alone. */
  public boolean stop() {
    events.shutdown();
    try {
      if (events.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        return true;
      }
      log.log(System.Logger.Level.WARNING, "a watcher does not return; it is left alone");
      events.shutdownNow();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private void guarded(Runnable event) {
    try {
      event.run();
    } catch (RuntimeException | Error thrown) {
      log.log(System.Logger.Level.ERROR, "following the machines", thrown);
    }
  }

  /** One who is told of devices, until closed. */
  private final class Watcher implements Registration {
    private final Transport.Listener listener;
    private boolean closed;

    Watcher(Transport.Listener listener) {
      this.listener = listener;
    }

    void appeared(BusDevice device) {
      tell(() -> listener.appeared(device));
    }

    void leaving(BusDevice device) {
      tell(() -> listener.leaving(device));
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
        log.log(System.Logger.Level.ERROR, "a watcher threw", thrown);
      }
    }

    @Override
    public void close() {
      synchronized (this) {
        closed = true;
      }
      later(() -> watchers.remove(this));
    }
  }
}
