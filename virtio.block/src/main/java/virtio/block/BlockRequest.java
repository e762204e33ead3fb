package virtio.block;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One request to a disk, in terms that know no ring, so that it can be carried from one device to the next. Made by
 * {@link BlockDevice#request}, reused as often as wanted; from the submission to the completion nothing is allocated.
 *
 * <p>It is the caller's until {@link BlockDevice#submit} takes it, and again once {@link #outcome} is not PENDING any more. In between its
 * memory belongs to the device, and each setter is an IllegalStateException. One thread at a time sets it up.
 */
@ProviderType
public interface BlockRequest {
  /**
   * What to do.
   *
   * <p>Spec: virtio 1.4, "Block Device", "Device Operation"
   */
  enum Operation {
    /** Read. */
    IN,
    /** Write. */
    OUT,
    /** Make stable what was completed before this was submitted. */
    FLUSH,
    /** Read the device's id string. */
    GET_ID,
    /** The contents are not needed any more; what is read afterwards is undefined. */
    DISCARD,
    /** Read as zeroes from now on. */
    WRITE_ZEROES;

    /** Whether it may change what the disk holds. */
    public boolean changes() {
      return this == OUT || this == DISCARD || this == WRITE_ZEROES;
    }
  }

  /** How a request ended. */
  enum Outcome {
    /** Never submitted since it was made or set up. */
    NEW,
    /** The disk's. */
    PENDING,
    /** Done. */
    OK,
    /** The device says that it failed (status 1). */
    IO_ERROR,
    /** The device does not do this (status 2), or never offered to. */
    UNSUPPORTED,
    /** The device gave it back without a status, or with one that does not exist. */
    NO_STATUS,
    /** Never sent: {@link BlockRequest#reason} says why. */
    REFUSED,
    /** There is no device any more, or none came back in time. What had been sent may have been done, or not. */
    DEVICE_GONE,
    /** The device did not confirm that it had stopped: it may have done this, or may still do it. */
    OUTCOME_UNKNOWN,
    /** The deadline passed, resets did not help. What had been sent may have been done, or not. */
    TIMED_OUT,
    /** The device had to be reset too often. What had been sent may have been done, or not. */
    DEVICE_FAILED
  }

  /** Told once per submission, when the outcome is known and the request is the caller's again. */
  @FunctionalInterface
  interface Completion {
    /**
     * On the thread that found it: the bus's, the port's, one that polls or, when refused, the submitter's. No lock is held. It may submit
     * again; it must not block for long, because others' completions wait behind it.
     */
    void completed(BlockRequest request);
  }

  /** Reads as many bytes as {@code into} has. */
  BlockRequest read(long sector, MemorySegment into);

  /** Writes all bytes of {@code from}. */
  BlockRequest write(long sector, MemorySegment from);

  /** Makes stable what was completed before this is submitted. */
  BlockRequest flush();

  /** Reads the id string, NUL-padded. @param into 20 bytes */
  BlockRequest id(MemorySegment into);

  BlockRequest discard(long sector, long sectors);

  /** A device that cannot do it is sent zeroes. */
  BlockRequest writeZeroes(long sector, long sectors);

  /** Whom to tell; null for nobody. Stays set. */
  BlockRequest then(Completion completion);

  /** Null while it was never set up. */
  Operation operation();

  /** Where it begins; 0 where that says nothing. */
  long sector();

  /** How many sectors; 0 where that says nothing. */
  long sectors();

  /** The caller's memory, heap or native; null where there is none. */
  MemorySegment memory();

  /** Any thread; what the device read into memory is seen by whoever has seen an outcome other than PENDING. */
  Outcome outcome();

  /** For a person, why it did not go well; empty where the outcome says all. */
  String reason();

  /** Counts submissions on its device, in their order, from 1. */
  long number();
}
