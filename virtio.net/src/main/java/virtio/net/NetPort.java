package virtio.net;

import org.osgi.annotation.versioning.ProviderType;
import virtio.bus.Failure;

/**
 * The port's end: what a net driver tells. It outlives each {@link Card}. Any thread, but none of the driver's locks may be held.
 */
@ProviderType
public interface NetPort {
  /** A device is bound and ready. The port sends nothing from inside this call. */
  void up(Card card);

  /** {@link Card#information} is new: the link, the MTU, the wish to have addresses announced. */
  void changed(Card card);

  /**
   * Something may have come: the port takes it by {@link Card#receive}, on this thread. Never twice at once for a card.
   *
   * @return true to be called for the next one too; false: after {@link Card#listen} only
   */
  boolean receivable(Card card);

  /** After {@link Card#send} or {@link Card#frame} had none: there may be room now. */
  void room(Card card);

  /** The card is of no use any more. The port lets go of its attachment; {@link #down} follows. */
  void failed(Card card, Failure cause);

  /** The last call of that card: the device is stopped. @param confirmed nothing of what was sent happens any more */
  void down(Card card, boolean confirmed);
}
