package virtio.ring.split;

/**
 * Arithmetic on the ring's free-running 16-bit indices, which live in {@code int}s from 0 to 65535 and wrap. The only place that knows.
 *
 * <p>Spec: virtio 1.4, "The Virtqueue Available Ring"
 */
final class Wrap {
  private Wrap() {}

  /** The low 16 bits, as a number. */
  static int u16(int value) {
    return value & 0xFFFF;
  }

  /** The index after that one. */
  static int next(int index) {
    return index + 1 & 0xFFFF;
  }

  /** The index before that one. */
  static int previous(int index) {
    return index - 1 & 0xFFFF;
  }

  /** How many steps forward lead from one index to the other: 0 to 65535. */
  static int distance(int from, int to) {
    return to - from & 0xFFFF;
  }

  /**
   * Whether the other half, which asked to be told about the entry with index {@code event}, is to be told now: that entry was written
   * between the last decision and this one.
   *
   * @param event the index it asked for
   * @param now the index of the next entry to write
   * @param decided what {@code now} was at the last decision, whether that one told or not
   *
   *     <p>Spec: virtio 1.4, "Used Buffer Notification Suppression" and "Available Buffer Notification Suppression"
   */
  static boolean passed(int event, int now, int decided) {
    return distance(next(event), now) < distance(decided, now);
  }
}
