package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * How one side's memory gets device addresses: identity, TCE window, grant table. It belongs to the machine; no config handler and
 * no ring knows which kind it is. Any thread may call any method.
 *
 * <p>A region stays mapped until it is freed, and its owner frees it only after a confirmed reset. That is what lets a ring reach
 * its areas without asking whether they are still there.
 */
@ConsumerType
public interface AddressSpace {
  /** Whether addresses are other than guest-physical: ACCESS_PLATFORM must then be offered and accepted, or the bind fails. */
  boolean translated();

  /**
   * New memory, zeroed.
   *
   * @param bytes more than 0
   * @param alignment a power of two, of the device address; of ours up to a page
   * @return null when the space has run out, which is normal for TCE windows and grants
   */
  DmaMemory allocate(long bytes, long alignment);

  /**
   * The same over memory that the other side chose: the whole region that holds all of {@code [address, address + bytes)}, or null.
   * The one check on foreign addresses. Allocates nothing; an answer may be kept until reset and asked
   * {@link DmaMemory#holds} first.
   */
  DmaMemory adopt(long address, long bytes);

  /** Ends what {@link #allocate} gave. A region that is not allocated, or is in quarantine, is an IllegalArgumentException. */
  void free(DmaMemory memory);

  /** For what {@link #allocate} gave and the other side may still reach: never unmapped, never handed out again, counted. */
  void quarantine(DmaMemory memory);

  /** Bytes in quarantine since the machine began. */
  long quarantined();
}
