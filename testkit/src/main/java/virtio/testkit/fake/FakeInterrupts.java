package virtio.testkit.fake;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import virtio.bus.Interrupt;
import virtio.bus.Message;
import virtio.bus.Registration;

/** A machine's interrupts, all called on one thread. */
final class FakeInterrupts implements AutoCloseable {
  private final ExecutorService thread;

  FakeInterrupts(String machine) {
    thread = Executors.newSingleThreadExecutor(
        work -> Thread.ofPlatform().daemon().name(machine + "-interrupts").unstarted(work));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }

  private void run(Runnable work) {
    try {
      thread.execute(work);
    } catch (RejectedExecutionException e) {
      // the machine has been closed: nobody is left to hear it
    }
  }

  /** Those who want to hear of one event. */
  private abstract class Source implements Interrupt {
    private final List<Runnable> handlers = new CopyOnWriteArrayList<>();

    @Override
    public Registration register(Runnable handler) {
      handlers.add(handler);
      return () -> {
        synchronized (this) {   // which a call that is under way holds
          handlers.remove(handler);
        }
      };
    }

    boolean heard() {
      return !handlers.isEmpty();
    }

    synchronized void call() {
      handlers.forEach(Runnable::run);
    }
  }

  /** A line that is high as long as anybody holds it so: its handlers are called until nobody does. */
  final class Line extends Source {
    private final List<Object> high = new CopyOnWriteArrayList<>();
    private final AtomicBoolean queued = new AtomicBoolean();

    void set(Object by, boolean level) {
      high.remove(by);
      if (level) {
        high.add(by);
        look();
      }
    }

    private void look() {
      if (queued.compareAndSet(false, true)) {
        run(() -> {
          queued.set(false);
          if (!high.isEmpty()) {
            call();
          }
          if (!high.isEmpty() && heard()) {
            look();
          }
        });
      }
    }

    @Override
    public Registration register(Runnable handler) {
      Registration registered = super.register(handler);
      look();
      return registered;
    }
  }

  /** A write of that value to that address. */
  final class Written extends Source implements Message {
    private final long address;
    private final int data;
    private final Runnable closed;

    /** @param closed runs when it is given back */
    Written(long address, int data, Runnable closed) {
      this.address = address;
      this.data = data;
      this.closed = closed;
    }

    @Override
    public void close() {
      closed.run();
    }

    @Override
    public long address() {
      return address;
    }

    @Override
    public int data() {
      return data;
    }

    void arrive() {
      run(this::call);
    }
  }
}
