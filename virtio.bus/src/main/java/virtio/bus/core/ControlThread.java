package virtio.bus.core;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** One thread that does one thing after the other, and stops with its owner. What is asked of it after that is not done. */
final class ControlThread implements Executor {
  private static final System.Logger LOG = System.getLogger("virtio.bus");
  private static final Runnable END = () -> {};

  private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
  private final Thread thread;
  private volatile boolean ended;

  ControlThread(String name) {
    thread = Thread.ofPlatform().name(name).daemon().start(this::run);
  }

  private void run() {
    try {
      for (Runnable next = work.take(); next != END; next = work.take()) {
        step(next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void step(Runnable next) {
    try {
      next.run();
    } catch (RuntimeException e) {   // the thread's top: the rest of its work must not suffer
      LOG.log(System.Logger.Level.ERROR, Thread.currentThread().getName() + ": " + e, e);
    }
  }

  @Override
  public void execute(Runnable command) {
    if (!ended) {
      work.add(command);
    }
  }

  /** Runs {@code command} on the thread and waits for it. @return false when the time was over first, or the thread has ended */
  boolean call(Duration limit, Runnable command) {
    if (Thread.currentThread() == thread) {
      command.run();
      return true;
    }
    if (ended) {
      return false;
    }
    CountDownLatch done = new CountDownLatch(1);
    execute(() -> {
      try {
        command.run();
      } finally {
        done.countDown();
      }
    });
    try {
      return done.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** No more work is taken; what was asked is still done. Returns when the thread has ended, or the time is over. */
  void end(Duration limit) {
    ended = true;
    work.add(END);
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      thread.join(limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
