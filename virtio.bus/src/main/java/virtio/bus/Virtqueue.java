package virtio.bus;

/**
 * The driver's half of a virtqueue: draft IV's five operations, {@code add_buf}, {@code sync}, {@code get_buf}, {@code detach_buf} and
 * {@code restart}.
 *
 * <table>
 * <caption>what each does, by state</caption>
 * <tr><th></th><th>NEW</th><th>LIVE</th><th>BROKEN</th><th>STOPPED, QUARANTINED</th></tr>
 * <tr><td>add</td><td>OK, FULL, TOO_LONG</td><td>the same</td><td>BROKEN</td><td>STOPPED</td></tr>
 * <tr><td>sync</td><td>publishes</td><td>publishes, doorbell if wanted</td><td>nothing</td><td>nothing</td></tr>
 * <tr><td>get</td><td>null</td><td>next used</td><td>null</td><td>null</td></tr>
 * <tr><td>detach</td><td>true if not synced</td><td>true if not synced; a socket ring: also others</td><td>false</td><td>true, once per
 * token</td></tr>
 * <tr><td>restart</td><td>true</td><td>see {@link Queue#restart}</td><td>false</td><td>false</td></tr>
 * </table>
 *
 * <p>After STOPPED each token comes back exactly once: by {@link #get} before it or by {@link #detach} after it, never by both.
 *
 * <p>Source: {@code struct virtqueue_ops} of draft IV, include/linux/virtio.h. Spec: virtio 1.4, "Virtqueues"
 */
public abstract non-sealed class Virtqueue extends Queue {
  /** How {@link #add} went. Nothing has changed unless OK. */
  public enum Added {
    /** Exposed at the next sync. */
    OK,
    /** No room now; after the next {@link #get} there may be. */
    FULL,
    /** This chain never fits this queue. */
    TOO_LONG,
    /** The queue is broken; see {@link Queue#broken}. */
    BROKEN,
    /** The queue has been reset. */
    STOPPED
  }

  protected Virtqueue(int index, int size, Callback used) {
    super(index, size, used);
  }

  /**
   * Takes a buffer, to be exposed at the next {@link #sync}. The chain may be reused at once; its memory is the device's until the token
   * comes back.
   *
   * @param chain at least one part
   * @param token comes back by identity; not null
   */
  public abstract Added add(Chain chain, Object token);

  /** The token of the next used buffer, or null. */
  public abstract Object get();

  /** Bytes the device wrote, from the start, into the buffer that {@link #get} returned last; never more than was writable. */
  public abstract long written();

  /**
   * Takes back a buffer: one not yet synced, in any order; or, after reset, each that is still out, once. A socket ring gives back a live
   * one too: the memory is then the caller's, the effects unknown.
   *
   * @return false for a token that is not here, or is the device's
   */
  public abstract boolean detach(Object token);

  /** What {@link #add} says when the queue is not well. */
  protected final Added refused() {
    return state() == State.BROKEN ? Added.BROKEN : Added.STOPPED;
  }
}
