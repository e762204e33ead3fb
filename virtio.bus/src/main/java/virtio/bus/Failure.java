package virtio.bus;

/**
 * Why a bound device is of no use any more.
 *
 * @param detail for a person: which queue, which violation
 */
public record Failure(Kind kind, String detail) {
  /** What happened. */
  public enum Kind {
    /** A queue met a {@link Violation}. A reset heals it. */
    RING_BROKEN,
    /** The device set DEVICE_NEEDS_RESET. A reset heals it. */
    DEVICE_NEEDS_RESET,
    /** It was unplugged, or its host is no more. */
    DEVICE_GONE
  }

  /** {@code "ring broken: queue 0: USED_LEN"}. */
  @Override
  public String toString() {
    return kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ') + (detail.isEmpty() ? "" : ": " + detail);
  }
}
