package virtio.block;

import org.osgi.annotation.versioning.ProviderType;
import virtio.bus.Failure;

/**
 * The port's end: what a block driver tells. It outlives each {@link Disk}. Any thread, but none of the driver's locks may be held.
 */
@ProviderType
public interface BlockPort {
  /** A device is bound and ready for requests. The port does not start any from inside this call. */
  void up(Disk disk);

  /** Fields have changed: {@link Disk#information} is new. */
  void changed(Disk disk);

  /** The request is done; its memory is not the device's any more. */
  void completed(BlockRequest request, BlockRequest.Outcome outcome);

  /** After a batch of {@link #completed}: there may be room now. */
  void room(Disk disk);

  /** The disk is of no use any more. The port lets go of its attachment; {@link #returned} and {@link #down} follow. */
  void failed(Disk disk, Failure cause);

  /**
   * The request had been started and was not used by the device when it was stopped.
   *
   * @param confirmed nothing of it happens any more. False: it may have been done, or may still be
   */
  void returned(BlockRequest request, boolean confirmed);

  /** The last call of that disk: the device is stopped, all requests have been told. */
  void down(Disk disk, boolean confirmed);
}
