package virtio.host.lguest;

import java.util.concurrent.locks.LockSupport;

/** A daemon platform thread that runs rounds until it is closed, and one more, so that nothing that came before is left undone. */
final class Worker implements AutoCloseable {
  private static final long JOIN_MILLIS = 5_000;

  private final Thread thread;
  private Runnable round;
  private Runnable waker;
  private volatile boolean stopped;

  Worker(String name) {
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  /**
   * @param round runs again and again; it waits, bounded, where there is nothing to do
   * @param waker ends such a wait
   */
  void start(Runnable round, Runnable waker) {
    this.round = round;
    this.waker = waker;
    thread.start();
  }

  boolean stopped() {
    return stopped;
  }

  void unpark() {
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!stopped) {
      round.run();
    }
    round.run();
  }

  /** Returns when the thread has ended, or at once if this is that thread. IllegalStateException: it does not end. */
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
