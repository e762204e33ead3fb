package virtio.pipe;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A driver's end: one bound device, as it is offered to the port. Ends with {@link PipePort#down}. Any thread; nothing here blocks for
 * longer than a copy, but for {@link #drain}.
 */
@ConsumerType
public interface Pipe {
  /** The other end has gone for good. */
  long GONE = -1;

  /** The device's, for messages: {@code "lguest m0/0"}. */
  String name();

  /** Where the device was when it was bound; null of one that cannot say: a channel without a ring. */
  Position position();

  /** The port has taken it in: the device may give bytes from here on. Until then it gives none, and none is written. */
  void begin();

  /**
   * Moves bytes that the device has given.
   *
   * @return how many; 0: none now, and {@link PipePort#moved} comes; {@link #GONE}, after all it gave
   */
  long read(MemorySegment into, long offset, long bytes);

  /** Moves bytes to the device. @return how many; 0: no room now, and {@link PipePort#moved} comes; {@link #GONE} */
  long write(MemorySegment from, long offset, long bytes);

  /** Bytes written that the device has not taken yet. {@link PipePort#moved} comes when that falls to 0. */
  long pending();

  /** Bytes that the device has given since it was bound, read or not. */
  long received();

  /**
   * Asks the device to give nothing more, and waits until all that was given is here and all that was written is taken. What is here
   * stays to be read. Nothing is written any more after this was called. On the port's thread.
   *
   * @return false: not within {@code nanos}, or the device is down
   */
  boolean drain(long nanos);

  /**
   * How far a device has come; the pipe goes on where two of these agree.
   *
   * @param identity which device; no other has the same
   * @param sent bytes it has given since it was made, modulo 2^64
   * @param taken bytes it has taken since it was made, modulo 2^64
   */
  record Position(long identity, long sent, long taken) {}
}
