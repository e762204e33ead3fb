package virtio.pipe;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;
import virtio.bus.Failure;

/**
 * The port's end: what a pipe driver tells. It outlives each {@link Pipe}. Any thread, but none of the driver's locks may be held.
 */
@ProviderType
public interface PipePort {
  /** Whether bytes are to go over the bus's {@code transfer} as they are, without a ring. Asked when a device is bound. */
  boolean raw();

  /** A device is bound and ready. {@link Pipe#begin} follows, unless the port will not have it. */
  void up(Pipe pipe);

  /** There may be something to read, or room to write, or nothing pending any more. Often, and cheap. */
  void moved(Pipe pipe);

  /** The pipe is of no use any more. The port lets go of its attachment; {@link #left} and {@link #down} follow. */
  void failed(Pipe pipe, Failure cause);

  /** Bytes that the device had given and nobody has read, in order; copied before this returns. */
  void left(Pipe pipe, MemorySegment bytes);

  /**
   * The last call of that pipe: the device is stopped.
   *
   * @param received bytes that it gave while it was bound, read or left
   * @param taken bytes that it took, as far as is known
   * @param lost bytes that were written and that nobody knows about
   */
  void down(Pipe pipe, long received, long taken, long lost);
}
