package virtio.bus;

/** The device's half of a virtqueue: the mirror of {@link Virtqueue}. Chains may be pushed in any order. */
public abstract non-sealed class DeviceQueue extends Queue {
  protected DeviceQueue(int index, int size, Callback available) {
    super(index, size, available);
  }

  /**
   * Fills the chain with the next available buffer, every address, length and link checked.
   *
   * @return false when there is none, or the queue is not well; the chain is then empty
   */
  public abstract boolean take(Chain chain);

  /** Gives the buffer back as used at the next {@link #sync}, with what {@link Chain#wrote} noted. A chain not taken: IllegalArgumentException. */
  public abstract void push(Chain chain);
}
