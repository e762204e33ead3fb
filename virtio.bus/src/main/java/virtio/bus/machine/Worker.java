package virtio.bus.machine;

import java.util.concurrent.locks.LockSupport;

/** A daemon platform thread that runs rounds until it is closed, and one more, so that nothing that came before is left undone. */
public final class Worker implements AutoCloseable {
  private static final long JOIN_MILLIS = 20_000;

  private final Thread thread;
  private Runnable round;
  private Runnable waker = this::unpark;
  private volatile boolean stopped;

  /** @param name the thread's */
  public Worker(String name) {
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  /** @param round runs again and again; where there is nothing to do it parks, unless {@link #stopped}, and {@link #unpark} ends that */
  public void start(Runnable round) {
    start(round, this::unpark);
  }

  /**
   * @param round runs again and again; it waits, bounded, where there is nothing to do
   * @param waker ends such a wait; any thread runs it
   */
  public void start(Runnable round, Runnable waker) {
    this.round = round;
    this.waker = waker;
    thread.start();
  }

  /** Whether it is being closed: this round is the last, or the next one is. */
  public boolean stopped() {
    return stopped;
  }

  /** Ends a {@link LockSupport#park} of the thread, or the next one. */
  public void unpark() {
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!stopped) {
      round.run();
    }
    round.run();
  }

  /** Returns when the thread has ended, or at once if this is that thread or it was never started. IllegalStateException: it does not end. */
  @Override
  public void close() {
    stopped = true;
    waker.run();
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      thread.join(JOIN_MILLIS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      throw new IllegalStateException("thread=" + thread.getName() + ": still runs");
    }
  }
}
