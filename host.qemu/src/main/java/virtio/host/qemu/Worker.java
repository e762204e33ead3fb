package virtio.host.qemu;

import java.util.concurrent.locks.LockSupport;

/** A daemon platform thread that runs rounds until it is closed. */
final class Worker implements AutoCloseable {
  private static final long JOIN_MILLIS = 20_000;

  private final Thread thread;
  private volatile Runnable round;
  private volatile boolean stopped;

  Worker(String name) {
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  /** @param round runs again and again; where there is nothing to do it parks, and {@link #unpark} or closing ends that */
  void start(Runnable round) {
    this.round = round;
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
  }

  /** Returns when the thread has ended, or at once if this is that thread. IllegalStateException: it does not end. */
  @Override
  public void close() {
    stopped = true;
    unpark();
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      thread.join(JOIN_MILLIS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return;
    }
    if (thread.isAlive()) {
      throw new IllegalStateException("thread=" + thread.getName() + ": still runs");
    }
  }
}
