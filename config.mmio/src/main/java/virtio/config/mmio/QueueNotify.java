package virtio.config.mmio;

import virtio.bus.Signal;
import virtio.bus.Window;

/**
 * The doorbell of one queue.
 *
 * <p>Spec: virtio 1.4, "Available Buffer Notifications"
 *
 * @param withData whether the position is told too
 */
record QueueNotify(Window window, int queue, boolean withData) implements Signal {
  @Override
  public void raise(int position) {
    window.post(MmioRegisters.QUEUE_NOTIFY, 4, withData ? (position & 0xFFFFL) << 16 | queue : queue);
  }
}
