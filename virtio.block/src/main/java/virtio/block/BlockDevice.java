package virtio.block;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.annotation.versioning.ProviderType;
import virtio.bus.Registration;

/**
 * A disk. A service as long as the port is served, with the properties {@code virtio.port}, the port's name, and {@code virtio.glue}, the
 * combination it runs over, which may change under its users. Any thread may call any method.
 *
 * <h2>Order</h2>
 * Requests in flight at the same time are not ordered: a caller who overlaps its own writes in flight may see either of them win, also
 * after both have completed, because after a fault writes may be sent again, in the order of their submission. Nothing that was submitted
 * after a completion is ever overtaken by what was completed. A FLUSH makes stable what was completed before it was submitted, and nothing
 * else.
 *
 * <h2>Copies</h2>
 * A request whose memory lies inside {@link BlockMemory} crosses without a copy. All other memory, heap or native, is copied
 * once through memory that the device reaches; {@link #counters} says how much. {@link #read(long, byte[])} and the other
 * short forms, and {@link #channel}, take the caller's array or buffer as it is: copied once if it is not BlockMemory.
 *
 * <h2>Faults</h2>
 * When the device has to be reset, or another combination takes over, requests wait and are sent again; the caller sees a pause. When
 * writes that were reported as done may be lost with a device that has gone, the next FLUSH fails once, with IO_ERROR.
 */
@ProviderType
public interface BlockDevice {
  /** The port's. */
  String name();

  /** Sectors of 512 bytes. */
  long capacity();

  /** Of the device of this moment; while there is none, of the last one. */
  DiskInformation information();

  /** The device's id string, at most 20 characters; empty where it has none. */
  String id();

  /** Whether writes are refused: the device's wish, or the configuration's. */
  boolean readOnly();

  /** A new request, for this disk alone, to be reused. */
  BlockRequest request();

  /**
   * Starts a request. Beyond capacity, no multiple of 512, a write on a read-only disk: completes at once as REFUSED, and is never sent.
   *
   * @return false: no room; the request is untouched, try again after a completion
   * @throws IllegalStateException when it is pending, or never set up
   * @throws IllegalArgumentException when it is another disk's, or its memory belongs to one thread alone
   */
  boolean submit(BlockRequest request);

  /**
   * Starts as many as there is room for, in order, with one doorbell.
   *
   * @return how many were taken, those that were refused included
   */
  int submit(BlockRequest[] requests, int from, int count);

  /** Completes on this thread what the device is done with; never waits. @return how many */
  int poll();

  /** Fills {@code into}; waits. Not interruptible, because the memory is the device's until the end; the interrupt stays set. */
  void read(long sector, MemorySegment into) throws IOException;

  /** Writes all of {@code from}; waits, as {@link #read}. */
  void write(long sector, MemorySegment from) throws IOException;

  /** What was completed before this call is stable when it returns. */
  void flush() throws IOException;

  void discard(long sector, long sectors) throws IOException;

  /** A device that cannot do it is sent zeroes. */
  void writeZeroes(long sector, long sectors) throws IOException;

  default void read(long sector, byte[] into) throws IOException {
    read(sector, MemorySegment.ofArray(into));
  }

  default void write(long sector, byte[] from) throws IOException {
    write(sector, MemorySegment.ofArray(from));
  }

  /** Fills what remains of {@code into}, and moves its position to the limit. */
  default void read(long sector, ByteBuffer into) throws IOException {
    read(sector, MemorySegment.ofBuffer(into));
    into.position(into.limit());
  }

  /** Writes what remains of {@code from}, and moves its position to the limit. */
  default void write(long sector, ByteBuffer from) throws IOException {
    write(sector, MemorySegment.ofBuffer(from));
    from.position(from.limit());
  }

  /**
   * The disk byte by byte, from position 0; its size is the capacity. Reading at the end gives -1; writing stops there, and fails when
   * nothing fits. What does not cover whole sectors is read, changed and written back: among the channels of this device these steps
   * exclude one another, against requests on the same sectors they do not. Nothing is cached; closing flushes nothing. Cannot be truncated.
   */
  SeekableByteChannel channel();

  /** Memory that crosses without a copy. @return null when the device has none left, or there is no device */
  BlockMemory allocate(long bytes);

  /** Whether writes may complete before they are stable, as the device says. */
  boolean writeback();

  /**
   * Asks the device for it; carried over to whatever device serves later.
   *
   * @throws UnsupportedOperationException when the device cannot choose
   * @throws IOException when there is no device now
   */
  void writeback(boolean on) throws IOException;

  /** Of the device of this moment. */
  BlockCounters counters();

  /** Tells of what happens to the disk, until closed. */
  Registration listen(Listener listener);

  /** Calls come on the port's own thread, in order; they must not block, and must not wait for requests. */
  @ConsumerType
  interface Listener {
    /** The capacity changed, in sectors. What was in flight beyond a shrunken end is left to the device. */
    default void resized(long oldSectors, long newSectors) {}

    /** Requests wait from here on. @param why for a person */
    default void held(String why) {}

    /** Requests go on. */
    default void resumed() {}

    /** This device is no more, and its service is withdrawn: every request fails. @param why for a person */
    default void lost(String why) {}
  }
}
