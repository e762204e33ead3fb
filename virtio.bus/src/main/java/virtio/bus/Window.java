package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Registers, little-endian, by offset and width. A driver half uses one, a device half implements one, a host joins the two. Any thread.
 * A write has reached the device when it returns. After the device has gone a read gives all ones and a write does nothing.
 */
@ConsumerType
public interface Window {
  /** Bytes. */
  long size();

  /** @param width 1, 2, 4 or 8 bytes; the value is unsigned, but for width 8 */
  long read(long offset, int width);

  void write(long offset, int width, long value);

  /**
   * A write that is not waited for, as a doorbell is: in order with this machine's other writes, and after every store to memory its
   * caller made before. Never blocks. Registers that cannot do that are written.
   */
  default void post(long offset, int width, long value) {
    write(offset, width, value);
  }

  /**
   * A stretch of it, with offsets of its own. An access outside of the stretch is an IndexOutOfBoundsException.
   *
   * @param begin where it begins
   * @param size how many bytes it has; all of them lie inside this window
   */
  default Window part(long begin, long size) {
    return new WindowPart(this, begin, size);
  }

  /**
   * A doorbell: raising it does what posting this value does, but in no order with other writes, and the device may hear it more often than it
   * was raised. So a machine may ring it by a shorter way than its registers. Got anew after each reset of the device: one got before may lead
   * nowhere.
   */
  default Signal doorbell(long offset, int width, long value) {
    return position -> post(offset, width, value);
  }
}
