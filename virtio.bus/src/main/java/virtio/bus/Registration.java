package virtio.bus;

/**
 * Something that lasts until it is closed: a handler, a watch, a claim, an exposed device. When {@link #close} returns the effect
 * is over and no call is under way, except when it is closed from inside such a call: then it is over at that call's end.
 * Closing twice does nothing. Any thread.
 */
public interface Registration extends AutoCloseable {
  @Override
  void close();
}
