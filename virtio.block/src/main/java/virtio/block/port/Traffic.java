package virtio.block.port;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import virtio.block.BlockPort;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Operation;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.block.DiskInformation;
import virtio.bus.Failure;

/**
 * The way of requests between users and whatever disk there is. What happens to the disk is passed on to {@link DiskEvents}. One lock
 * around the {@link Ledger}; completions run outside of it. Lock order: this one before a disk's, and before that of {@link DiskEvents}.
 */
final class Traffic implements BlockPort {
  private final DiskEvents events;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition quiet = lock.newCondition();
  private final Ledger ledger = new Ledger();
  private Disk heard;
  private String gone;
  private boolean watched;
  private volatile Disk serving;
  private volatile DiskInformation information;
  private volatile boolean readOnly;
  private volatile long deadlineNanos = TimeUnit.SECONDS.toNanos(30);

  Traffic(DiskEvents events) {
    this.events = events;
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

  PortRequest own(BlockRequest request) {
    if (request instanceof PortRequest own && own.owner == this) {
      return own;
    }
    throw new IllegalArgumentException("request=" + request + " (made by this device)");
  }

  boolean submit(PortRequest request) {
    request.begin();
    String refusal = refusal(request);
    if (refusal != null) {
      return request.finish(Outcome.REFUSED, refusal);
    }
    Outcome ended;
    String why;
    Disk kick = null;
    lock.lock();
    try {
      boolean lost = ledger.owesFailure(request);
      ended = lost ? Outcome.IO_ERROR : ledger.closed();
      why = lost ? Stability.LOST : ledger.why();
      if (ended == null) {
        Ledger.Entered entered = ledger.enter(request, deadlineNanos);
        if (entered == Ledger.Entered.NO_ROOM) {
          request.untouched();
          return false;
        }
        kick = entered == Ledger.Entered.STARTED ? ledger.disk() : null;
        watch();
      }
    } finally {
      lock.unlock();
    }
    if (ended != null) {
      request.finish(ended, why);
    } else if (kick != null) {
      kick.kick();
    }
    return true;
  }

  int submit(BlockRequest[] requests, int from, int count) {
    boolean kick = false;
    int taken = 0;
    for (; taken < count; taken++) {
      PortRequest request = own(requests[from + taken]);
      request.begin();
      Ledger.Entered entered = plain(request);
      if (entered == Ledger.Entered.NO_ROOM) {
        request.untouched();
        break;
      } else if (entered == Ledger.Entered.STARTED) {
        kick = true;
      } else if (entered == null) {
        request.untouched();
        if (!submit(request)) {
          break;
        }
      }
    }
    Disk disk = kick ? locked(ledger::disk) : null;   // null: it went down, and gave all of them back
    if (disk != null) {
      disk.kick();
    }
    return taken;
  }

  /** @return null for a request that needs more than to be entered */
  private Ledger.Entered plain(PortRequest request) {
    if (request.operation() == Operation.FLUSH || refusal(request) != null) {
      return null;
    }
    lock.lock();
    try {
      if (ledger.closed() != null) {
        return null;
      }
      Ledger.Entered entered = ledger.enter(request, deadlineNanos);
      watch();
      return entered;
    } finally {
      lock.unlock();
    }
  }

  private void watch() {
    if (!watched) {
      watched = true;
      events.busy();
    }
  }

  private String refusal(PortRequest request) {
    DiskInformation now = information;
    return request.refusal(readOnly(), now == null ? Long.MAX_VALUE : now.capacity());
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
      ledger.completed(request, outcome);
      if (ledger.drained()) {
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
      if (from == ledger.disk()) {
        kick = ledger.pump(deadlineNanos);
      }
    } finally {
      lock.unlock();
    }
    if (kick) {
      from.kick();
    }
  }

  @Override
  public void returned(BlockRequest back, boolean confirmed) {
    PortRequest request = (PortRequest) back;
    Outcome ended = null;
    String why = "";
    lock.lock();
    try {
      if (gone != null) {
        ended = Outcome.DEVICE_GONE;
        why = gone;
        ledger.unlink(request);
      } else if (!confirmed) {
        ended = Outcome.OUTCOME_UNKNOWN;
        why = "the device did not confirm that it had stopped";
        ledger.unlink(request);
      } else if (!ledger.returned(request, deadlineNanos)) {
        ended = Outcome.TIMED_OUT;
        why = "given to a device " + request.attempts + " times";
      }
      if (ledger.drained()) {
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
    locked(() -> heard = arrived);
    events.up(arrived);
  }

  @Override
  public void changed(Disk of) {
    locked(() -> {
      if (of == ledger.disk()) {
        information = of.information();
      }
    });
    events.changed(of);
  }

  @Override
  public void failed(Disk of, Failure cause) {
    boolean known = locked(() -> {
      if (of != heard) {
        return false;
      }
      ledger.hold();
      serving = null;
      gone = cause.kind() == Failure.Kind.DEVICE_GONE ? cause.toString() : gone;
      return true;
    });
    if (known) {
      events.failed(of, cause);
    }
  }

  @Override
  public void down(Disk of, boolean confirmed) {
    locked(() -> {
      if (of == ledger.disk()) {
        ledger.forget();
        serving = null;
      }
      heard = of == heard ? null : heard;
    });
    events.down(of, confirmed);
  }

  /** New requests wait from here on. */
  void hold() {
    locked(() -> {
      ledger.hold();
      serving = null;
    });
  }

  /** Waits until the disk has nothing any more. @return false: it still has when the time is over */
  boolean drain(long nanos) {
    long left = nanos;
    lock.lock();
    try {
      while (!ledger.drained() && left > 0 && gone == null) {
        left = quiet.awaitNanos(left);
      }
      return ledger.drained();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Requests go to that disk: first what came back, in its order, then what waits.
   *
   * @param cached whether it has a cache that needs a FLUSH
   * @return false: it went down meanwhile
   */
  boolean serve(Disk admitted, boolean cached) {
    boolean open = locked(() -> {
      if (heard != admitted || gone != null) {
        return false;
      }
      information = admitted.information();
      serving = admitted;
      ledger.stability().cached(cached);
      ledger.open(admitted);
      ledger.pump(deadlineNanos);
      return true;
    });
    if (open) {
      admitted.kick();
    }
    return open;
  }

  /** No requests are taken any more; those that wait, end. */
  void close(Outcome outcome, String why) {
    locked(() -> {
      ledger.close(outcome, why);
      serving = null;
    });
    end(false, outcome, why);
  }

  private void end(boolean late, Outcome outcome, String why) {
    for (PortRequest request = next(late); request != null; request = next(late)) {
      request.finish(outcome, why);
    }
  }

  private PortRequest next(boolean late) {
    return locked(() -> ledger.next(late));
  }

  /** Whether the disk has had a request for too long; if not, what has waited too long ends. */
  boolean overdue() {
    if (locked(ledger::late)) {
      return true;
    }
    end(true, Outcome.TIMED_OUT, "waited for a device");
    return false;
  }

  /** Whether deadlines are running; when false, {@link DiskEvents#busy} comes before the next one begins. */
  boolean watching() {
    return locked(() -> watched = !ledger.isEmpty());
  }

  /** The device that had gone is forgotten, another may come. */
  void forgive() {
    locked(() -> {
      gone = null;
    });
  }

  /** Whether completed writes may be in the device's cache only. */
  boolean unstable() {
    return locked(() -> ledger.stability().unstable());
  }

  /** Whether the disk has a cache that needs a FLUSH. */
  void cached(boolean cached) {
    locked(() -> {
      ledger.stability().cached(cached);
    });
  }

  /** How many writes have completed: what a FLUSH that starts now covers. */
  long writes() {
    return locked(() -> ledger.stability().completed());
  }

  /** The device's cache is gone: if writes were in it, the next FLUSH fails once. */
  void cacheLost() {
    locked(() -> {
      ledger.stability().lost();
    });
  }

  /** Whether a request that has not ended uses any of that memory. */
  boolean uses(MemorySegment memory) {
    return locked(() -> ledger.uses(memory));
  }

  /** For what is not done per request. */
  private <T> T locked(Supplier<T> what) {
    lock.lock();
    try {
      return what.get();
    } finally {
      lock.unlock();
    }
  }

  private void locked(Runnable what) {
    lock.lock();
    try {
      what.run();
    } finally {
      lock.unlock();
    }
  }
}
