package virtio.testkit.fake;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;

/** Runs nothing before a test says so, and then in order, on the test's thread. */
public final class DeferredTasks implements Executor {
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private volatile Runnable posted = () -> { };

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    posted.run();
  }

  /** Runs with each task that comes, on the stack of whoever brings it, from now on. */
  public void posted(Runnable action) {
    posted = action;
  }

  /** Runs one. @return whether there was one */
  public boolean runOne() {
    Runnable task = tasks.poll();
    if (task == null) {
      return false;
    }
    task.run();
    return true;
  }

  /** Runs all, and those that they bring; returns whether there were any. */
  public boolean runAll() {
    boolean any = false;
    while (runOne()) {
      any = true;
    }
    return any;
  }

  /** Forgets all. */
  public void clear() {
    tasks.clear();
  }

  public boolean isEmpty() {
    return tasks.isEmpty();
  }
}
