package virtio.bus;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Arnd's {@code transfer}: bytes, lossless and in order per direction, for rings that share no memory. One reader and one writer at a
 * time; never blocks.
 */
@ConsumerType
public interface Channel {
  /** The peer has gone for good. */
  int GONE = -1;

  /** READ fills our memory, WRITE empties it. */
  enum Direction { READ, WRITE }

  /**
   * Moves bytes between {@code memory} and the peer.
   *
   * @param length 1 or more, inside {@code memory}; on a message channel a READ asks for {@link #maxMessage} or more, and a WRITE for as many
   *     or less: IllegalArgumentException otherwise, and nothing is moved
   * @return bytes moved, maybe fewer than asked; a short count says nothing about what follows. 0: nothing moved, and {@link #ready}
   *     fires after the situation of that direction changes. {@link #GONE}: for good.
   */
  long transfer(MemorySegment memory, long offset, long length, Direction direction);

  /** Fires, spuriously at times, after a 0 and a change, also for several. Not on the caller's stack. */
  Registration ready(Runnable moved);

  /**
   * 0 on a stream, which has no boundaries. On a message channel WRITE takes one whole message or nothing, READ gives exactly one, and
   * neither is longer than this.
   */
  int maxMessage();
}
