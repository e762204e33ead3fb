package virtio.bus.core;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import virtio.bus.DeviceQueue;
import virtio.bus.Signal;

/** Coalesces rings of one queue into one run on the slot's thread. Rung by any thread; {@link #run} is the slot's. */
final class QueueDoorbell implements Signal, Runnable {
  private final Supplier<DeviceQueue> queue;
  private final SlotWork work;
  private final AtomicBoolean pending = new AtomicBoolean();

  /** @param queue the one to serve at that moment; null for none */
  QueueDoorbell(Supplier<DeviceQueue> queue, SlotWork work) {
    this.queue = queue;
    this.work = work;
  }

  /** From a bus that already hands doorbells over to the slot's thread there is no further hop. */
  @Override
  public void raise(int position) {
    if (work.isHere()) {
      run();
    } else {
      later();
    }
  }

  private void later() {
    if (pending.compareAndSet(false, true)) {
      work.post(this);
    }
  }

  @Override
  public void run() {
    pending.set(false);   // before the look: a ring after it comes again
    DeviceQueue now = queue.get();
    if (now != null && now.signalled()) {
      later();   // so that other queues get their turn
    }
  }
}
