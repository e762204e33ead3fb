package virtio.bus.machine;

import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/**
 * A device's one thread: runs what it is given, in order, and its doorbells. After {@link #close} it takes no more; what came
 * before is run. Any thread.
 */
public final class SlotThread implements Executor, AutoCloseable {
  private static final Bell[] NO_BELLS = {};
  private static final int FEWEST_LOOKS = 16;

  private final String name;
  private final System.Logger log;
  private final int mostLooks;
  private final long sleepNanos;
  private final Worker worker;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private volatile Bell[] bells = NO_BELLS;
  private volatile boolean sleeping;
  private volatile boolean closed;
  private int lately;

  /**
   * @param looks how often it looks for more, at most, before it sleeps
   * @param sleepNanos how long a sleep lasts at most
   * @param log its owner's, for what a task throws
   */
  public SlotThread(String name, int looks, long sleepNanos, System.Logger log) {
    this.name = name;
    this.mostLooks = looks;
    this.sleepNanos = sleepNanos;
    this.log = log;
    this.lately = Math.min(FEWEST_LOOKS, looks);
    this.worker = new Worker(name);
    worker.start(this::round, this::wake);
  }

  @Override
  public void execute(Runnable task) {
    if (closed) {
      throw new RejectedExecutionException("thread=" + name + ": closed");
    }
    tasks.add(task);
    wake();
  }

  /**
   * A doorbell of this device's.
   *
   * @param argument what it is rung with
   * @param rung runs on this thread
   */
  public Bell bell(long argument, Runnable rung) {
    Bell bell = new Bell(argument, rung);
    synchronized (this) {
      Bell[] more = Arrays.copyOf(bells, bells.length + 1);
      more[bells.length] = bell;
      bells = more;
    }
    return bell;
  }

  /** Returns when the thread has ended, or, called on it, at once: then it ends after this. */
  @Override
  public void close() {
    closed = true;
    worker.close();
  }

  private void round() {
    if (serve()) {
      return;
    }
    for (int look = 0; look < lately; look++) {
      Thread.onSpinWait();
      if (work()) {
        lately = Math.min(mostLooks, 2 * lately);
        return;
      }
    }
    lately = Math.max(Math.min(FEWEST_LOOKS, mostLooks), lately / 2);
    sleeping = true; // volatile, as what wakers store before they read it: so either they see it or we see theirs
    if (!work()) {
      LockSupport.parkNanos(this, sleepNanos);
    }
    sleeping = false;
  }

  private boolean serve() {
    boolean served = false;
    for (Bell bell : bells) {
      served |= bell.serve();
    }
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      run(task);
      served = true;
    }
    return served;
  }

  private boolean work() {
    for (Bell bell : bells) {
      if (bell.rung) {
        return true;
      }
    }
    return !tasks.isEmpty() || worker.stopped();
  }

  private void wake() {
    if (sleeping) {
      worker.unpark();
    }
  }

  private void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error thrown) {
      log.log(System.Logger.Level.ERROR, name + ": a task threw", thrown);
    }
  }

  private synchronized void remove(Bell bell) {
    bells = Arrays.stream(bells).filter(one -> one != bell).toArray(Bell[]::new);
  }

  /** A doorbell: any number of rings are one call, which comes after the first of them. */
  public final class Bell {
    private final long argument;
    private final Runnable handler;
    private volatile boolean rung;
    private boolean over;

    private Bell(long argument, Runnable handler) {
      this.argument = argument;
      this.handler = handler;
    }

    /** What it is rung with. */
    public long argument() {
      return argument;
    }

    /** Never blocks, and never runs the handler here. */
    public void ring() {
      rung = true;
      wake();
    }

    /** Cleared before the call, so that a ring during it makes another. */
    private boolean serve() {
      if (!rung) {
        return false;
      }
      rung = false;
      synchronized (this) {
        if (!over) {
          run(handler);
        }
      }
      return true;
    }

    /** Returns when its handler does not run, unless called from it. */
    public void close() {
      synchronized (this) {
        over = true;
      }
      remove(this);
    }
  }
}
