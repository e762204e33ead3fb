package virtio.block.port;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import virtio.block.BlockPort;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Operation;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.block.DiskInformation;
import virtio.bus.Failure;

/**
 * The requests of a port: those that a disk has, those that wait, and the gate between. What happens to the disk is passed on to {@link Events}.
 * One lock; completions run outside of it. Lock order: this one before a disk's.
 */
final class Traffic implements BlockPort {
  /** What the one who owns the attachment hears. Any thread; must not block. */
  interface Events {
    void up(Disk disk);

    void changed(Disk disk);

    void failed(Disk disk, Failure cause);

    void down(Disk disk, boolean confirmed);

    /** There is something in flight, and nobody may be watching its deadline. */
    void busy();
  }

  /** Requests that wait, at most; more are told that there is no room. */
  static final int MOST_WAITING = 4096;
  /** Devices that a request is given to, one after the other, before a passed deadline ends it. */
  static final int MOST_ATTEMPTS = 3;

  private final Events events;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition quiet = lock.newCondition();
  private final RequestList started = new RequestList();
  private final RequestList waiting = new RequestList();
  private final Stability stability = new Stability();
  private Disk disk;
  private Disk heard;
  private boolean held = true;
  private Outcome closed;
  private String closedWhy = "no device yet";
  private String gone;
  private long numbers;
  private boolean watched;
  private volatile Disk serving;
  private volatile DiskInformation information;
  private volatile boolean readOnly;
  private volatile long deadlineNanos = TimeUnit.SECONDS.toNanos(30);

  Traffic(Events events) {
    this.events = events;
    this.closed = Outcome.DEVICE_GONE;
  }

  /** The disk that requests go to; null while they are held. */
  Disk serving() {
    return serving;
  }

  /** Of the last disk that served; null before the first. */
  DiskInformation information() {
    return information;
  }

  boolean readOnly() {
    DiskInformation now = information;
    return readOnly || now != null && now.readOnly();
  }

  void settings(boolean refuseWrites, long nanos) {
    readOnly = refuseWrites;
    deadlineNanos = nanos;
  }

  boolean submit(PortRequest request) {
    request.begin();
    String refusal = refusal(request);
    boolean kick;
    Outcome ended = null;
    String why = "";
    Disk to;
    lock.lock();
    try {
      if (refusal != null) {
        ended = Outcome.REFUSED;
        why = refusal;
      } else if (closed != null) {
        ended = closed;
        why = closedWhy;
      } else if (request.operation() == Operation.FLUSH && stability.owesFailure()) {
        ended = Outcome.IO_ERROR;
        why = Stability.LOST;
      }
      request.number = ++numbers;
      kick = ended == null && enter(request);
      if (ended == null && request.list == null) {
        numbers--;
        request.untouched();
        return false;
      }
      to = disk;
    } finally {
      lock.unlock();
    }
    if (ended != null) {
      request.finish(ended, why);
    } else if (kick) {
      to.kick();
    }
    return true;
  }

  int submit(BlockRequest[] requests, int from, int count) {
    int taken = 0;
    Disk to = null;
    for (; taken < count; taken++) {
      PortRequest request = own(requests[from + taken]);
      request.begin();
      String refusal = refusal(request);
      lock.lock();
      boolean direct = refusal == null && closed == null && request.operation() != Operation.FLUSH;
      try {
        if (direct) {
          request.number = ++numbers;
          if (enter(request)) {
            to = disk;
          } else if (request.list == null) {
            numbers--;
            request.untouched();
            break;
          }
        }
      } finally {
        lock.unlock();
      }
      if (!direct) {
        request.untouched();
        if (!submit(request)) {
          break;
        }
      }
    }
    if (to != null) {
      to.kick();
    }
    return taken;
  }

  /** Under the lock. @return whether a doorbell is wanted; the request is in no list when there was no room */
  private boolean enter(PortRequest request) {
    request.deadline = System.nanoTime() + deadlineNanos;
    if (!held && waiting.isEmpty() && start(request)) {
      return true;
    }
    if (waiting.size() < MOST_WAITING) {
      waiting.add(request);
      watch();
    }
    return false;
  }

  private boolean start(PortRequest request) {
    request.covers = stability.completed();
    if (!disk.start(request)) {
      return false;
    }
    request.deadline = System.nanoTime() + deadlineNanos;
    request.attempts++;
    started.add(request);
    watch();
    return true;
  }

  private void watch() {
    if (!watched) {
      watched = true;
      events.busy();
    }
  }

  PortRequest own(BlockRequest request) {
    if (request instanceof PortRequest own && own.owner == this) {
      return own;
    }
    throw new IllegalArgumentException("request=" + request + " (made by this device)");
  }

  /** What is never sent, and why; null for all else. */
  private String refusal(PortRequest request) {
    Operation operation = request.operation();
    if (operation == Operation.FLUSH || operation == Operation.GET_ID) {
      return null;
    }
    if (request.memory() != null && (request.memory().byteSize() & 511) != 0) {
      return "not a multiple of 512 bytes";
    }
    if (operation.changes() && readOnly()) {
      return "read-only";
    }
    DiskInformation now = information;
    long capacity = now == null ? Long.MAX_VALUE : now.capacity();
    if (request.sectors() <= 0 || request.sector() < 0 || request.sector() > capacity - request.sectors()) {
      return "outside of the disk";
    }
    return null;
  }

  int poll() {
    Disk now = serving;
    return now == null ? 0 : now.poll();
  }

  @Override
  public void completed(BlockRequest done, Outcome outcome) {
    PortRequest request = (PortRequest) done;
    lock.lock();
    try {
      if (request.list != null) {
        request.list.remove(request);
      }
      if (outcome == Outcome.OK) {
        stability.done(request);
      }
      if (started.isEmpty()) {
        quiet.signalAll();
      }
    } finally {
      lock.unlock();
    }
    request.finish(outcome, "");
  }

  @Override
  public void room(Disk from) {
    boolean kick = false;
    lock.lock();
    try {
      if (from == disk) {
        kick = pump();
      }
    } finally {
      lock.unlock();
    }
    if (kick) {
      from.kick();
    }
  }

  private boolean pump() {
    boolean any = false;
    while (!held && !waiting.isEmpty()) {
      PortRequest request = waiting.first();
      waiting.remove(request);
      if (!start(request)) {
        waiting.add(request);
        break;
      }
      any = true;
    }
    return any;
  }

  @Override
  public void returned(BlockRequest back, boolean confirmed) {
    PortRequest request = (PortRequest) back;
    Outcome ended = null;
    String why = "";
    lock.lock();
    try {
      boolean ours = request.list == started;
      if (request.list != null) {
        request.list.remove(request);
      }
      if (gone != null) {
        ended = Outcome.DEVICE_GONE;
        why = gone;
      } else if (!confirmed) {
        ended = Outcome.OUTCOME_UNKNOWN;
        why = "the device did not confirm that it had stopped";
      } else if (!ours) {
        ended = Outcome.DEVICE_GONE;   // one of the port's own: its step is over
      } else if (request.attempts >= MOST_ATTEMPTS && request.deadline - System.nanoTime() <= 0) {
        ended = Outcome.TIMED_OUT;
        why = "given to a device " + request.attempts + " times";
      } else {
        request.deadline = System.nanoTime() + deadlineNanos;
        waiting.add(request);
      }
      if (started.isEmpty()) {
        quiet.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (ended != null) {
      request.finish(ended, why);
    }
  }

  @Override
  public void up(Disk arrived) {
    lock.lock();
    try {
      heard = arrived;
    } finally {
      lock.unlock();
    }
    events.up(arrived);
  }

  @Override
  public void changed(Disk of) {
    lock.lock();
    try {
      if (of == disk) {
        information = of.information();
      }
    } finally {
      lock.unlock();
    }
    events.changed(of);
  }

  @Override
  public void failed(Disk of, Failure cause) {
    lock.lock();
    try {
      if (of != heard) {
        return;
      }
      if (of == disk) {
        held = true;
        serving = null;
      }
      if (cause.kind() == Failure.Kind.DEVICE_GONE) {
        gone = cause.toString();
      }
    } finally {
      lock.unlock();
    }
    events.failed(of, cause);
  }

  @Override
  public void down(Disk of, boolean confirmed) {
    lock.lock();
    try {
      if (of == disk) {
        held = true;
        serving = null;
        disk = null;
      }
      if (of == heard) {
        heard = null;
      }
    } finally {
      lock.unlock();
    }
    events.down(of, confirmed);
  }

  /** New requests wait from here on. */
  void hold() {
    lock.lock();
    try {
      held = true;
      serving = null;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the disk has nothing any more. @return false: it still has when the time is over */
  boolean drain(long nanos) {
    long left = nanos;
    lock.lock();
    try {
      while (!started.isEmpty() && left > 0 && gone == null) {
        left = quiet.awaitNanos(left);
      }
      return started.isEmpty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Requests go to that disk: first what came back, in its order, then what waits. @return false: it went down meanwhile */
  boolean serve(Disk admitted, boolean cached) {
    boolean kick;
    lock.lock();
    try {
      if (heard != admitted || gone != null) {
        return false;
      }
      disk = admitted;
      serving = admitted;
      information = admitted.information();
      stability.cached(cached);
      closed = null;
      held = false;
      kick = pump();
    } finally {
      lock.unlock();
    }
    if (kick) {
      admitted.kick();
    }
    return true;
  }

  /** No requests are taken any more; those that wait, end. */
  void close(Outcome outcome, String why) {
    lock.lock();
    try {
      held = true;
      serving = null;
      closed = outcome;
      closedWhy = why;
    } finally {
      lock.unlock();
    }
    for (PortRequest request = next(false); request != null; request = next(false)) {
      request.finish(outcome, why);
    }
  }

  /** Takes out the next that waits; or null, also when it is not late and only late ones are wanted. */
  private PortRequest next(boolean late) {
    lock.lock();
    try {
      PortRequest request = waiting.first();
      return request == null || late && request.deadline - System.nanoTime() > 0 ? null : waiting.poll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the disk has had a request for too long; if not, what has waited too long ends. */
  boolean overdue() {
    if (late()) {
      return true;
    }
    for (PortRequest request = next(true); request != null; request = next(true)) {
      request.finish(Outcome.TIMED_OUT, "waited for a device");
    }
    return false;
  }

  private boolean late() {
    lock.lock();
    try {
      for (PortRequest request = started.first(); request != null; request = request.next) {
        if (request.deadline - System.nanoTime() <= 0) {
          return disk != null;
        }
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Whether deadlines are running; when false, {@link Events#busy} comes before the next one begins. */
  boolean watching() {
    lock.lock();
    try {
      watched = !started.isEmpty() || !waiting.isEmpty();
      return watched;
    } finally {
      lock.unlock();
    }
  }

  /** The device that had gone is forgotten, another may come. */
  void forgive() {
    lock.lock();
    try {
      gone = null;
    } finally {
      lock.unlock();
    }
  }

  /** Whether completed writes may be in the device's cache only. */
  boolean unstable() {
    lock.lock();
    try {
      return stability.unstable();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the disk has a cache that needs a FLUSH. */
  void cached(boolean cached) {
    lock.lock();
    try {
      stability.cached(cached);
    } finally {
      lock.unlock();
    }
  }

  /** How many writes have completed: what a FLUSH that starts now covers. */
  long writes() {
    lock.lock();
    try {
      return stability.completed();
    } finally {
      lock.unlock();
    }
  }

  /** Whether a request that has not ended uses any of that memory. */
  boolean uses(MemorySegment memory) {
    lock.lock();
    try {
      return started.uses(memory) || waiting.uses(memory);
    } finally {
      lock.unlock();
    }
  }

  /** The device's cache is gone: if writes were in it, the next FLUSH fails once. */
  void cacheLost() {
    lock.lock();
    try {
      stability.lost();
    } finally {
      lock.unlock();
    }
  }
}
