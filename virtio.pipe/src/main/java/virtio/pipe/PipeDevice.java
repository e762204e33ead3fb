package virtio.pipe;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;
import virtio.bus.Registration;

/**
 * A pipe: bytes in order, both ways, no boundaries, no position. A service as long as the pipe lives, with the properties {@code
 * virtio.port}, the port's name, and {@code virtio.glue}, the combination it runs over, which may change under its users. Any thread may
 * call any method; calls of several threads at the same time may interleave, piece by piece, in one direction.
 *
 * <h2>The end</h2>
 * A pipe ends once. When the other end has gone in order, reading gives what is left and then {@link #END}, and writing fails. When bytes
 * are, or may be, lost, reading gives what had arrived and then fails with a {@link PipeException}, as everything else does; nothing is
 * ever guessed or sent again. The service is withdrawn then; what comes later is another pipe, and another service.
 *
 * <h2>Faults and exchange</h2>
 * When another combination takes over, both sides are drained first: a user sees a pause. If that cannot be done, the pipe ends.
 *
 * <p>Drained means that the device has taken all that was written. It holds a bounded number of bytes by itself; for what is beyond that,
 * the other end has to read meanwhile. So a full pipe whose other end does not read ends in an exchange. And of two pipes that are crossed,
 * both of them full, and that lose their combination at once, each waits for the other: the one whose time is over first ends.
 *
 * <h2>Copies and back-pressure</h2>
 * Bytes are copied once, into or out of memory that the device reaches, and nothing is allocated on the way, but for the view of a
 * {@link ByteBuffer}. A pipe holds a bounded number of bytes: who writes faster than the other end reads, waits.
 */
@ProviderType
public interface PipeDevice {
  /** Of a read: the other end has gone, and all it sent has been read. */
  long END = -1;

  /** The port's. */
  String name();

  /**
   * Reads what there is, without waiting.
   *
   * @param into heap or native; {@code bytes} of it from {@code offset}
   * @return bytes read, maybe fewer than asked; 0: nothing now, and {@link Listener#ready} comes; or {@link #END}
   * @throws PipeException when the pipe has ended; then nothing moved
   */
  long tryRead(MemorySegment into, long offset, long bytes) throws IOException;

  /**
   * Writes what there is room for, without waiting.
   *
   * @return bytes written, maybe fewer than asked; 0: no room now, and {@link Listener#ready} comes
   * @throws PipeException when the pipe, or its other end, has ended; then nothing moved
   */
  long tryWrite(MemorySegment from, long offset, long bytes) throws IOException;

  /**
   * Waits until there is something to read, and reads what there is.
   *
   * @return at least 1, but for a request of no bytes; or {@link #END}
   * @throws InterruptedIOException when interrupted while it waits: then nothing moved
   */
  long read(MemorySegment into, long offset, long bytes) throws IOException;

  /**
   * Writes all, and waits for room as often as it takes.
   *
   * @throws InterruptedIOException when interrupted while it waits; {@code bytesTransferred} says how many had been written
   */
  void write(MemorySegment from, long offset, long bytes) throws IOException;

  /** Waits until the device has taken all that was written before. */
  void flush() throws IOException;

  /** As {@link #read(MemorySegment, long, long)}, into the whole segment. */
  default long read(MemorySegment into) throws IOException {
    return read(into, 0, into.byteSize());
  }

  /** As {@link #write(MemorySegment, long, long)}, of the whole segment. */
  default void write(MemorySegment from) throws IOException {
    write(from, 0, from.byteSize());
  }

  /**
   * Waits until there is something, and reads into what remains of {@code into}; its position moves by as much, and not at all on an
   * error.
   */
  default int read(ByteBuffer into) throws IOException {
    long count = read(MemorySegment.ofBuffer(into));
    if (count > 0) {
      into.position(into.position() + (int) count);
    }
    return (int) count;
  }

  /** Writes what remains of {@code from}; its position moves by what was written, on an error too. */
  default int write(ByteBuffer from) throws IOException {
    int start = from.position();
    MemorySegment segment = MemorySegment.ofBuffer(from);
    long bytes = segment.byteSize();
    try {
      write(segment);
      from.position(from.limit());
    } catch (InterruptedIOException e) {
      from.position(start + e.bytesTransferred);
      throw e;
    } catch (PipeException e) {
      from.position(start + (int) e.transferred());
      throw e;
    }
    return (int) bytes;
  }

  /** The pipe as a channel of blocking reads and writes. Closing it ends the channel, and who waits in it, and leaves the pipe as it is. */
  ByteChannel channel();

  PipeCounters counters();

  /** Tells of what happens to the pipe, until closed. */
  Registration listen(Listener listener);

  /** Must not block. {@link #ready} comes on the thread that brings the bytes, the others on the port's own. */
  @ConsumerType
  interface Listener {
    /** After a 0, the situation may have changed: try again. Spurious at times; also when the pipe has ended. */
    default void ready() {}

    /** Reading and writing wait from here on. @param why for a person */
    default void held(String why) {}

    /** They go on. */
    default void resumed() {}

    /** The pipe has ended, and its service is withdrawn. @param why for a person */
    default void lost(String why) {}
  }
}
