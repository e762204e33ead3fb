package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import virtio.bus.Notifier;

/**
 * The guest's end of hypercalls that nobody waits for. Each notifier owns a slot of the ring until it is closed: its words are written once,
 * and raising it is one store of the slot's status, which coalesces with one not yet served. Any thread.
 */
final class Notifiers {
  private static final long PATIENCE_NANOS = 1_000_000_000;
  private static final long LOOK_NANOS = 20_000;

  private final MemorySegment memory;
  private final SleepWord host;
  private final boolean[] taken = new boolean[ControlPage.SLOTS];
  private int next;
  private volatile boolean gone;

  Notifiers(MemorySegment memory, SleepWord host) {
    this.memory = memory;
    this.host = host;
  }

  /**
   * A new one for this call. Waits, not for long, where the host is still to serve whose slot it was. IllegalStateException: all are in use.
   *
   * @param words the number and three arguments
   */
  synchronized Notifier notifier(int[] words) {
    int slot = unused();
    if (slot < 0 || !served(slot)) {
      throw new IllegalStateException("notifiers=" + taken.length + ": all in use");
    }
    taken[slot] = true;
    next = slot + 1;
    for (int word = 0; word < words.length; word++) {
      ControlPage.intPlain(memory, ControlPage.call(slot, word), words[word]);
    }
    return new Call(slot);
  }

  /** One that the host has served, or else one that it has to; or -1. */
  private int unused() {
    int unserved = -1;
    for (int count = 0; count < taken.length; count++) {
      int slot = (next + count) % taken.length;
      if (!taken[slot] && ControlPage.status(memory, slot) == ControlPage.FREE) {
        return slot;
      }
      unserved = taken[slot] ? unserved : slot;
    }
    return unserved;
  }

  private boolean served(int slot) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!gone && ControlPage.status(memory, slot) != ControlPage.FREE) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      LockSupport.parkNanos(this, LOOK_NANOS);
    }
    return true;
  }

  private synchronized void free(int slot) {
    taken[slot] = false;
  }

  /** From now on raising does nothing. */
  void leave() {
    gone = true;
  }

  private final class Call implements Notifier {
    /** In {@link #users}: nobody begins to raise any more. The lower bits count those who are at it. */
    private static final int CLOSED = Integer.MIN_VALUE;

    private final int slot;
    private final AtomicInteger users = new AtomicInteger();

    Call(int slot) {
      this.slot = slot;
    }

    @Override
    public void raise(int position) {
      if (gone || !enter()) {
        return;
      }
      try {
        // Stored even where it is "ready" already: the host frees a slot before it looks at the ring, so either it sees what we
        // stored before this, or this store comes after its own and is seen next.
        ControlPage.statusRelease(memory, slot, ControlPage.READY);
        host.wake();
      } catch (IllegalStateException closed) {
        // The machine went between our look and the store: nobody is left to ring for.
        gone = true;
      } finally {
        users.decrementAndGet();
      }
    }

    private boolean enter() {
      int now;
      do {
        now = users.get();
      } while (now >= 0 && !users.compareAndSet(now, now + 1));
      return now >= 0;
    }

    @Override
    public void close() {
      if (users.getAndUpdate(now -> now | CLOSED) < 0) {
        return;
      }
      while (users.get() != CLOSED) {
        Thread.onSpinWait();
      }
      free(slot);   // nobody can store its status any more
    }
  }
}
