package virtio.device.block;

/** A property that no device can be made with; the message names it, its value, and what is allowed. */
final class BadProperty extends Exception {
  private static final long serialVersionUID = 1L;

  BadProperty(String message) {
    super(message);
  }

  /** {@code "blk.size=300 (a power of two from 512)"}. */
  BadProperty(String property, Object value, String allowed) {
    this(property + "=" + value + " (" + allowed + ")");
  }
}
