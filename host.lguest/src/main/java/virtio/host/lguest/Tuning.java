package virtio.host.lguest;

/**
 * How long a machine's threads look and wait.
 *
 * @param looks how often a thread that has run out of work looks for more, at most, before it sleeps
 * @param sleepNanos how long such a sleep lasts at most; nothing depends on its end but seeing that the other side has died
 * @param deadlineNanos after which a hypercall's host counts as gone
 */
record Tuning(int looks, long sleepNanos, long deadlineNanos) {
  static final Tuning DEFAULT = new Tuning(64, 100_000_000L, 1_000_000_000L);
}
