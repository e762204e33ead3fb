package virtio.bus.core;

import java.util.function.Consumer;
import virtio.bus.Failure;
import virtio.bus.Queue;
import virtio.bus.Violation;

/** A driver's callback, with what it throws turned into a failure of the device: no exception escapes an interrupt thread. */
final class GuardedCallback implements Queue.Callback {
  private static final System.Logger LOG = System.getLogger("virtio.bus");

  private final String holder;
  private final Queue.Callback used;
  private final Consumer<Failure> failed;

  /**
   * @param holder for messages
   * @param used null for a driver that polls
   * @param failed told on whatever thread it is that calls back; must not block
   */
  GuardedCallback(String holder, Queue.Callback used, Consumer<Failure> failed) {
    this.holder = holder;
    this.used = used;
    this.failed = failed;
  }

  @Override
  public boolean ready(Queue queue) {
    if (used == null) {
      return false;
    }
    try {
      return used.ready(queue);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, holder + ": queue " + queue.index() + ": the driver's callback failed", e);
      failed.accept(new Failure(Failure.Kind.RING_BROKEN, "queue " + queue.index() + ": callback: " + e));
      return false;
    }
  }

  @Override
  public void broken(Queue queue, Violation cause) {
    if (used != null) {
      used.broken(queue, cause);
    }
    Failure.Kind kind = cause == Violation.CHANNEL_GONE ? Failure.Kind.DEVICE_GONE : Failure.Kind.RING_BROKEN;
    failed.accept(new Failure(kind, "queue " + queue.index() + ": " + cause));
  }
}
