package virtio.config.pci;

import virtio.bus.Signal;
import virtio.bus.Window;

/**
 * The doorbell of one queue with NOTIFICATION_DATA: the ring's position goes with it.
 *
 * <p>Spec: virtio 1.4, "Available Buffer Notifications"
 *
 * @param doorbells the notification structure
 * @param offset of the doorbell in it, bytes
 * @param value the queue's index, or what the device wants to hear instead
 */
record NotificationData(Window doorbells, long offset, int value) implements Signal {
  @Override
  public void raise(int position) {
    doorbells.post(offset, 4, (position & 0xFFFFL) << 16 | value);
  }
}
