package virtio.block;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;
import virtio.bus.DmaMemory;

/**
 * A driver's end: one bound device, as it is offered to the port. Ends with {@link BlockPort#down}. Any thread; nothing here blocks for
 * longer than a copy.
 */
@ConsumerType
public interface Disk {
  /** The device's, for messages: {@code "lguest m0/0"}. */
  String name();

  /** As it was last read. */
  DiskInformation information();

  /**
   * Takes a request; {@link BlockPort#completed} or {@link BlockPort#returned} follows once, never from inside this call. Its memory
   * and its range were checked by the port. What the device cannot do completes as UNSUPPORTED, a FLUSH that is not needed as OK.
   *
   * @return false: no room now, or the disk is down; nothing has changed, {@link BlockPort#room} comes
   */
  boolean start(BlockRequest request);

  /** Tells the device of what was started, with one doorbell at most. May call {@link BlockPort#completed}: no lock may be held. */
  void kick();

  /**
   * Completes on this thread what the device is done with: {@link BlockPort#completed} for each, then {@link BlockPort#room}.
   *
   * @return how many
   */
  int poll();

  /** Memory for users that crosses without a copy, zeroed; null when there is none left. */
  DmaMemory allocate(long bytes);

  /** Of {@link #allocate}; also when the disk is down. */
  void free(DmaMemory memory);

  /** Whether a request with that memory is copy-free here. */
  boolean direct(MemorySegment memory);

  /** Whether writes may complete before they are stable. */
  boolean writeback();

  /**
   * Asks the device for it, and reads back.
   *
   * @throws UnsupportedOperationException without CONFIG_WCE
   */
  void writeback(boolean on);

  BlockCounters counters();
}
