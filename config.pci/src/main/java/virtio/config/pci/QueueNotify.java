package virtio.config.pci;

import virtio.bus.Signal;
import virtio.bus.Window;

/**
 * The doorbell of one queue.
 *
 * <p>Spec: virtio 1.4, "Available Buffer Notifications"
 *
 * @param doorbells the notification structure
 * @param offset of the doorbell in it, bytes
 * @param value the queue's index, or what the device wants to hear instead
 * @param withData whether the position is told too
 */
record QueueNotify(Window doorbells, long offset, int value, boolean withData) implements Signal {
  @Override
  public void raise(int position) {
    if (withData) {
      doorbells.post(offset, 4, (position & 0xFFFFL) << 16 | value);
    } else {
      doorbells.post(offset, 2, value);
    }
  }
}
