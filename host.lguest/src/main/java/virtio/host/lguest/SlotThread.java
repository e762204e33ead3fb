package virtio.host.lguest;

import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;

/**
 * A device's one thread: runs what it is given, in order, and its doorbells. After {@link #close} it takes no more; what came
 * before is run.
 */
final class SlotThread implements Executor, AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.host.lguest");
  private static final Bell[] NO_BELLS = {};
  private static final int FEWEST_LOOKS = 16;

  private final String name;
  private final int mostLooks;
  private final long sleepNanos;
  private final Worker worker;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private volatile Bell[] bells = NO_BELLS;
  private volatile boolean sleeping;
  private volatile boolean closed;
  private int looks;

  SlotThread(String name, Tuning tuning) {
    this.name = name;
    this.mostLooks = tuning.looks();
    this.sleepNanos = tuning.sleepNanos();
    this.looks = FEWEST_LOOKS;
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

  Bell bell(int address, Runnable rung) {
    Bell bell = new Bell(address, rung);
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
    for (int look = 0; look < looks; look++) {
      Thread.onSpinWait();
      if (work()) {
        looks = Math.min(mostLooks, 2 * looks);
        return;
      }
    }
    looks = Math.max(FEWEST_LOOKS, looks / 2);
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
      LOG.log(System.Logger.Level.ERROR, name + ": a task threw", thrown);
    }
  }

  private synchronized void remove(Bell bell) {
    bells = Arrays.stream(bells).filter(one -> one != bell).toArray(Bell[]::new);
  }

  /** A doorbell: any number of rings are one call, which comes after the first of them. */
  final class Bell {
    private final int address;
    private final Runnable handler;
    private volatile boolean rung;
    private boolean over;

    private Bell(int address, Runnable handler) {
      this.address = address;
      this.handler = handler;
    }

    int address() {
      return address;
    }

    void ring() {
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
    void close() {
      synchronized (this) {
        over = true;
      }
      remove(this);
    }
  }
}
