package virtio.block.port;

import java.lang.foreign.MemorySegment;
import virtio.block.BlockRequest.Operation;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;

/**
 * Which requests there are, where they are, and whether the gate is open. No lock of its own and no calls to users: under the
 * traffic's lock.
 */
final class Ledger {
  /** Requests that wait, at most. */
  static final int MOST_WAITING = 4096;
  /** Devices that a request is given to, one after the other, before a passed deadline ends it. */
  static final int MOST_ATTEMPTS = 3;

  private final RequestList started = new RequestList();
  private final RequestList waiting = new RequestList();
  private final Stability stability = new Stability();
  private Disk disk;
  private boolean held = true;
  private Outcome closed = Outcome.DEVICE_GONE;
  private String why = "no device yet";
  private long numbers;

  Stability stability() {
    return stability;
  }

  Disk disk() {
    return disk;
  }

  /** Null while requests are taken; otherwise what they end with. */
  Outcome closed() {
    return closed;
  }

  String why() {
    return why;
  }

  void hold() {
    held = true;
  }

  /** The disk has gone down: what it had has come back, or is on its way to be completed. */
  void forget() {
    held = true;
    disk = null;
  }

  void open(Disk admitted) {
    disk = admitted;
    closed = null;
    held = false;
  }

  void close(Outcome outcome, String reason) {
    held = true;
    closed = outcome;
    why = reason;
  }

  /** Takes a new request: to the disk if that is possible now, or to the end of those that wait. */
  Entered enter(PortRequest request, long deadlineNanos) {
    request.number = ++numbers;
    request.deadline = System.nanoTime() + deadlineNanos;
    if (!held && waiting.isEmpty() && start(request, deadlineNanos)) {
      return Entered.STARTED;
    }
    if (waiting.size() < MOST_WAITING) {
      waiting.add(request);
      return Entered.WAITS;
    }
    numbers--;
    return Entered.NO_ROOM;
  }

  /** How {@link #enter} went. */
  enum Entered { STARTED, WAITS, NO_ROOM }

  private boolean start(PortRequest request, long deadlineNanos) {
    request.covers = stability.completed();
    if (!disk.start(request)) {
      return false;
    }
    request.deadline = System.nanoTime() + deadlineNanos;
    request.attempts++;
    started.add(request);
    return true;
  }

  /** Starts what waits, as far as there is room. @return whether that was any */
  boolean pump(long deadlineNanos) {
    boolean any = false;
    while (!held && !waiting.isEmpty()) {
      PortRequest request = waiting.poll();
      if (!start(request, deadlineNanos)) {
        waiting.add(request);
        break;
      }
      any = true;
    }
    return any;
  }

  void completed(PortRequest request, Outcome outcome) {
    if (request.list != null) {
      request.list.remove(request);
    }
    if (outcome == Outcome.OK) {
      stability.done(request);
    }
  }

  /**
   * A confirmed stop gave it back: it waits again, in its old place, for the next device.
   *
   * @return false: it ends here. Its deadline passed too often, or it was one of the port's own, whose step is over
   */
  boolean returned(PortRequest request, long deadlineNanos) {
    boolean ours = request.list == started;
    unlink(request);
    if (!ours || request.attempts >= MOST_ATTEMPTS && request.deadline - System.nanoTime() <= 0) {
      return false;
    }
    request.deadline = System.nanoTime() + deadlineNanos;
    waiting.add(request);
    return true;
  }

  void unlink(PortRequest request) {
    if (request.list != null) {
      request.list.remove(request);
    }
  }

  /** Whether no disk has a request of ours. */
  boolean drained() {
    return started.isEmpty();
  }

  boolean isEmpty() {
    return started.isEmpty() && waiting.isEmpty();
  }

  /** Takes out the next that waits; or null, also when it is not late and only late ones are wanted. */
  PortRequest next(boolean late) {
    PortRequest request = waiting.first();
    return request == null || late && request.deadline - System.nanoTime() > 0 ? null : waiting.poll();
  }

  /** Whether the disk has had a request for too long. */
  boolean late() {
    for (PortRequest request = started.first(); request != null && disk != null; request = request.next) {
      if (request.deadline - System.nanoTime() <= 0) {
        return true;
      }
    }
    return false;
  }

  boolean uses(MemorySegment memory) {
    return started.uses(memory) || waiting.uses(memory);
  }

  /** Whether that request must fail because a cache was lost: true once. */
  boolean owesFailure(PortRequest request) {
    return request.operation() == Operation.FLUSH && stability.owesFailure();
  }
}
