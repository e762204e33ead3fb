package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Tells the other half to look: a doorbell on the driver's side, an interrupt on the device's. Any thread; never blocks; may
 * coalesce; is ordered after every store its caller made before; never runs the other half on the caller's stack.
 */
@ConsumerType
@FunctionalInterface
public interface Signal {
  /** @param position the ring's free-running index, for NOTIFICATION_DATA; ignored where that was not negotiated */
  void raise(int position);
}
