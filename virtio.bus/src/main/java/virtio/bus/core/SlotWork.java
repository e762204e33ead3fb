package virtio.bus.core;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** What is done on a slot's thread: for the device as long as that lives, for its model from one start to the next stop. */
final class SlotWork {
  private final Executor thread;
  /** Of the slot's thread. */
  private Life life;
  private volatile Thread slotThread;

  SlotWork(Executor thread) {
    this.thread = thread;
  }

  /** @return false when the slot's thread has ended */
  boolean post(Runnable work) {
    try {
      thread.execute(work);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** Whether this is the slot's thread, once the model was started on it. */
  boolean isHere() {
    return Thread.currentThread() == slotThread;
  }

  /**
   * The model is about to start. On the slot's thread.
   *
   * @param failed told what the model's own work throws
   * @return the slot's thread as the model has it: what is left in it at the end is dropped
   */
  Executor begin(Consumer<RuntimeException> failed) {
    slotThread = Thread.currentThread();
    life = new Life(failed);
    return life;
  }

  /** The model is about to stop. On the slot's thread. */
  void end() {
    life = null;
  }

  private final class Life implements Executor {
    private final Consumer<RuntimeException> failed;

    Life(Consumer<RuntimeException> failed) {
      this.failed = failed;
    }

    @Override
    public void execute(Runnable work) {
      post(() -> run(work));
    }

    private void run(Runnable work) {
      if (life != this) {
        return;
      }
      try {
        work.run();
      } catch (RuntimeException e) {
        failed.accept(e);
      }
    }
  }
}
