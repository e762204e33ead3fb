package virtio.net.port;

import virtio.bus.Failure;
import virtio.net.Card;

/** What the one who owns the attachment hears of its cards. Any thread; must not block. */
interface CardEvents {
  void up(Card card);

  void failed(Card card, Failure cause);

  void down(Card card);

  /** Something is to be looked at. */
  void wake();

  /** There may be room to send. */
  void room();
}
