package virtio.block.port;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import virtio.block.BlockRequest;
import virtio.bus.spec.VirtioBlk;

/**
 * A request and its place in the port's lists. The outcome is claimed once per submission, by an atomic step from PENDING, so that no two
 * sides can both report it.
 */
final class PortRequest implements BlockRequest {
  private static final VarHandle OUTCOME;
  /** Completions come on threads that the caller does not know. This one stands for them, and never runs. */
  static final Thread ANOTHER = Thread.ofPlatform().unstarted(() -> { });

  static {
    try {
      OUTCOME = MethodHandles.lookup().findVarHandle(PortRequest.class, "outcome", Outcome.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Traffic owner;
  /** The list it is in; the traffic's lock guards this and all that follows. */
  RequestList list;
  PortRequest previous;
  PortRequest next;
  long number;
  long deadline;
  /** How often a device was given it. */
  int attempts;
  /** Of a FLUSH: how many writes had completed when it was started. */
  long covers;

  private Operation operation;
  private long sector;
  private long sectors;
  private MemorySegment memory;
  private Completion completion;
  private String reason = "";
  private volatile Outcome outcome = Outcome.NEW;
  private volatile Thread waiter;

  PortRequest(Traffic owner) {
    this.owner = owner;
  }

  @Override
  public PortRequest read(long from, MemorySegment into) {
    if (into.isReadOnly()) {
      throw new IllegalArgumentException("into=" + into + " (writable memory)");
    }
    return set(Operation.IN, from, into.byteSize() / VirtioBlk.SECTOR, into);
  }

  @Override
  public PortRequest write(long to, MemorySegment from) {
    return set(Operation.OUT, to, from.byteSize() / VirtioBlk.SECTOR, from);
  }

  @Override
  public PortRequest flush() {
    return set(Operation.FLUSH, 0, 0, null);
  }

  @Override
  public PortRequest id(MemorySegment into) {
    if (into.byteSize() < VirtioBlk.VIRTIO_BLK_ID_BYTES || into.isReadOnly()) {
      throw new IllegalArgumentException("into=" + into + " (at least 20 writable bytes)");
    }
    return set(Operation.GET_ID, 0, 0, into);
  }

  @Override
  public PortRequest discard(long from, long count) {
    return set(Operation.DISCARD, from, count, null);
  }

  @Override
  public PortRequest writeZeroes(long from, long count) {
    return set(Operation.WRITE_ZEROES, from, count, null);
  }

  private PortRequest set(Operation what, long from, long count, MemorySegment where) {
    idle();
    if (where != null && !where.isAccessibleBy(ANOTHER)) {
      throw new IllegalArgumentException("memory=" + where + " (reachable by other threads; not of a confined arena)");
    }
    operation = what;
    sector = from;
    sectors = count;
    memory = where;
    outcome = Outcome.NEW;
    return this;
  }

  @Override
  public PortRequest then(Completion told) {
    idle();
    completion = told;
    return this;
  }

  private void idle() {
    if (outcome == Outcome.PENDING) {
      throw new IllegalStateException("request=" + number + " is pending");
    }
  }

  @Override
  public Operation operation() {
    return operation;
  }

  @Override
  public long sector() {
    return sector;
  }

  @Override
  public long sectors() {
    return sectors;
  }

  @Override
  public MemorySegment memory() {
    return memory;
  }

  @Override
  public Outcome outcome() {
    return outcome;
  }

  @Override
  public String reason() {
    return reason;
  }

  @Override
  public long number() {
    return number;
  }

  /** Why this is never sent to a disk like that; null for all else. */
  String refusal(boolean readOnly, long capacity) {
    if (operation == Operation.FLUSH || operation == Operation.GET_ID) {
      return null;
    }
    if (memory != null && memory.byteSize() % VirtioBlk.SECTOR != 0) {
      return "not a multiple of 512 bytes";
    }
    if (operation.changes() && readOnly) {
      return "read-only";
    }
    return sectors <= 0 || sector < 0 || sector > capacity - sectors ? "outside of the disk" : null;
  }

  /** From here on it is the disk's. */
  void begin() {
    Outcome before = outcome;
    if (before == Outcome.PENDING || operation == null || !OUTCOME.compareAndSet(this, before, Outcome.PENDING)) {
      throw new IllegalStateException("request=" + number + (operation == null ? " was never set up" : " is pending"));
    }
    reason = "";
    attempts = 0;
  }

  /** The submission did not take place. */
  void untouched() {
    outcome = Outcome.NEW;
  }

  /** Outside any lock. @return false: somebody else was first */
  boolean finish(Outcome how, String why) {
    if (outcome != Outcome.PENDING) {
      return false;
    }
    Completion told = completion;
    Thread waiting = waiter;
    reason = why;
    if (!OUTCOME.compareAndSet(this, Outcome.PENDING, how)) {
      return false;
    }
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
    if (told != null) {
      told.completed(this);
    }
    return true;
  }

  /** The thread that sleeps until this is finished; set before it is submitted. */
  void waiter(Thread thread) {
    waiter = thread;
  }
}
