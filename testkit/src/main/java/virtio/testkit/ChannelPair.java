package virtio.testkit;

import virtio.bus.Channel;

/** The two ends of one channel, and what may happen to their owners. */
public interface ChannelPair extends AutoCloseable {
  Channel left();

  Channel right();

  /**
   * Whoever has the left end goes for good.
   *
   * @return false where the right end cannot know, or waits for another to come
   */
  boolean leftGoes();

  /** The mirror of {@link #leftGoes}. */
  boolean rightGoes();

  /** Frees whatever there is; whoever has gone already has gone. */
  @Override
  void close();
}
