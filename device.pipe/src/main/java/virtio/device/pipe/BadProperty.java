package virtio.device.pipe;

/** A property that no device can be made with; the message names it, its value, and what is allowed. */
final class BadProperty extends Exception {
  private static final long serialVersionUID = 1L;

  BadProperty(String property, Object value, String allowed) {
    super(property + "=" + value + " (" + allowed + ")");
  }
}
