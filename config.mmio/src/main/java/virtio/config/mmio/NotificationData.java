package virtio.config.mmio;

import virtio.bus.Signal;
import virtio.bus.Window;

/**
 * The doorbell of one queue with NOTIFICATION_DATA: the ring's position goes with it.
 *
 * <p>Spec: virtio 1.4, "Available Buffer Notifications"
 */
record NotificationData(Window window, int queue) implements Signal {
  @Override
  public void raise(int position) {
    window.post(MmioRegisters.QUEUE_NOTIFY, 4, (position & 0xFFFFL) << 16 | queue);
  }
}
