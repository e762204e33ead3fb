package virtio.block.port;

import virtio.block.BlockRequest.Operation;

/** Whether writes that were reported as done may still be lost, and whether somebody has to be told. Under the traffic's lock. */
final class Stability {
  /** What a FLUSH fails with when there was nothing left to flush. */
  static final String LOST = "writes that had completed may be lost with the device that went away; this is told once";

  private boolean cached;
  private long completed;
  private long stable;
  private boolean owed;

  /** Whether the device has a cache that needs a FLUSH. What is in an older one stays unstable. */
  void cached(boolean now) {
    cached = now;
  }

  long completed() {
    return completed;
  }

  void done(PortRequest request) {
    if (request.operation().changes()) {
      if (!cached && stable == completed) {
        stable++;
      }
      completed++;
    } else if (request.operation() == Operation.FLUSH) {
      stable = Math.max(stable, request.covers);
    }
  }


  boolean unstable() {
    return stable < completed;
  }

  void lost() {
    owed |= unstable();
    stable = completed;
  }

  /** True once after {@link #lost}. */
  boolean owesFailure() {
    boolean fails = owed;
    owed = false;
    return fails;
  }
}
