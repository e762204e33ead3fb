package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The driver's end of the configuration queue: what a config handler writes by where nobody can write registers. Each request is one
 * buffer on the queue {@link RingFormat.Rings#CONFIGURATION}, over the combination's ring; the bus makes that queue, as only the bus calls
 * a ring format, and hands it to the handler once the device has confirmed a reset.
 *
 * <p>Source: the message "a bus for virtio", April 2007: "There needs to be a way for the driver to tell the device that configuration has
 * changed ... Maybe have a configuration virtqueue for that"
 */
@ProviderType
public interface ConfigurationQueue {
  /** The longest request, and the longest answer, bytes. */
  int LARGEST = 2048;

  /**
   * Sends a request and waits for its answer, no longer than a reset may take. Any thread; one request at a time, others wait for their
   * turn.
   *
   * @param request at most {@link #LARGEST} bytes
   * @return null when there was none: the queue is broken, the device does not answer or has gone. So it stays then, until the device is
   *     reset by other means than this queue
   */
  byte[] ask(byte[] request);

  /** The device's end, which a config handler gives to {@link DeviceConfig#configurationQueue(int, RingAreas, Answers)}. */
  @ConsumerType
  @FunctionalInterface
  interface Answers {
    /**
     * Takes a request, whatever is in it. On the slot's thread; must not block.
     *
     * @param request at most {@link #LARGEST} bytes; a longer one is cut there
     * @return at most {@link #LARGEST} bytes; cut where the driver left less room
     */
    byte[] answer(byte[] request);
  }
}
