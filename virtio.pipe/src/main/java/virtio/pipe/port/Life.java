package virtio.pipe.port;

import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import virtio.bus.port.Listeners;
import virtio.pipe.Pipe;
import virtio.pipe.PipeCounters;
import virtio.pipe.PipeDevice;
import virtio.pipe.PipeException;

/**
 * One pipe from its beginning to its end, whatever devices serve it: the way of its bytes, and the account of them. The control thread
 * changes it, any thread moves bytes. No lock is held while a driver or a listener is called.
 */
final class Life {
  private final String name;
  private final Listeners<PipeDevice.Listener> listeners = new Listeners<>("virtio.pipe");
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final AtomicLong read = new AtomicLong();
  private final AtomicLong written = new AtomicLong();
  /** What former devices had given and nobody had read. Under the lock. */
  private final Deque<MemorySegment> left = new ArrayDeque<>();

  /** The device that bytes are moved with; null while users wait. */
  private volatile Pipe serving;
  private volatile boolean leftovers;
  private volatile String ended;
  /** Counts all that may be worth another try. */
  private volatile long events;

  // The control thread's own, and, while a device goes down, the bus's.
  private volatile Pipe bound;
  private volatile Pipe.Position stands;
  private volatile long receivedBefore;
  private volatile long takenBefore;
  private String deviceName;
  private boolean drained;

  Life(String name, Pipe first) {
    this.name = name;
    serve(first);
  }

  String name() {
    return name;
  }

  Listeners<PipeDevice.Listener> listeners() {
    return listeners;
  }

  boolean has(Pipe pipe) {
    return bound == pipe;
  }

  /** Bytes go by that device from here on. */
  void serve(Pipe pipe) {
    bound = pipe;
    stands = pipe.position();
    deviceName = pipe.name();
    drained = false;
    serving = pipe;
    moved();
  }

  /** Users wait from here on. */
  void hold() {
    serving = null;
  }

  void drained(boolean whole) {
    drained = whole;
  }

  /** Bytes of a device that goes down. */
  void keep(MemorySegment bytes) {
    MemorySegment copy = MemorySegment.ofArray(bytes.toArray(ValueLayout.JAVA_BYTE));
    lock.lock();
    try {
      left.add(copy);
      leftovers = true;
    } finally {
      lock.unlock();
    }
    moved();
  }

  /** The device's last word. */
  void down(long received, long taken, long lost) {
    serving = null;
    bound = null;
    receivedBefore += received;
    takenBefore += taken;
    Pipe.Position before = stands;
    stands = before == null ? null
        : new Pipe.Position(before.identity(), before.sent() + received, before.taken() + taken + lost);
  }

  /** Null when the pipe can go on with that device; else why not. */
  String differs(Pipe come) {
    Pipe.Position now = come.position();
    if (stands == null || now == null) {
      boolean same = stands == null && now == null && drained && come.name().equals(deviceName);
      return same ? null : "bytes may be lost: " + come.name() + " cannot say where it stands";
    } else if (now.identity() != stands.identity()) {
      return "another pipe on " + come.name();
    } else if (!now.equals(stands)) {
      return "bytes were lost: " + (now.sent() - stands.sent()) + " that " + come.name() + " had given, "
          + (stands.taken() - now.taken()) + " that it had not taken";
    }
    return null;
  }

  /** Nothing goes on from here; what has arrived can still be read. */
  void end(String why) {
    serving = null;
    ended = why;
    moved();
    listeners.tell(listener -> listener.lost(why));
  }

  /** Something may be possible that was not: those who wait look again. */
  void moved() {
    lock.lock();
    try {
      events++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    listeners.tell(PipeDevice.Listener::ready);
  }

  long tryRead(MemorySegment into, long offset, long bytes) throws PipeException {
    String over = ended;         // before the others are looked at: what came before the end is read
    Pipe now = serving;          // before the leftovers: those of a former device are there when the next one serves
    if (bytes == 0) {
      return 0;
    }
    long count = leftovers ? takeLeft(into, offset, bytes) : 0;
    if (count == 0 && now != null) {
      count = now.read(into, offset, bytes);
    }
    if (count > 0) {
      read.addAndGet(count);
      return count;
    } else if (count < 0) {
      return PipeDevice.END;
    } else if (over != null) {
      throw new PipeException(name, over);
    }
    return 0;
  }

  private long takeLeft(MemorySegment into, long offset, long bytes) {
    lock.lock();
    try {
      MemorySegment first = left.poll();
      if (first == null) {
        return 0;
      }
      long step = Math.min(bytes, first.byteSize());
      MemorySegment.copy(first, 0, into, offset, step);
      if (step < first.byteSize()) {
        left.addFirst(first.asSlice(step));
      }
      leftovers = !left.isEmpty();
      return step;
    } finally {
      lock.unlock();
    }
  }

  long tryWrite(MemorySegment from, long offset, long bytes) throws PipeException {
    Pipe now = serving;
    long count = now == null || bytes == 0 ? 0 : now.write(from, offset, bytes);
    if (count > 0) {
      written.addAndGet(count);
      return count;
    } else if (count < 0) {
      throw new PipeException(name, "the other end has gone");
    }
    String over = ended;
    if (over != null) {
      throw new PipeException(name, over);
    }
    return 0;
  }

  /** @param abandoned asked before each wait: whether the caller gives up @return 0 when it does */
  long read(MemorySegment into, long offset, long bytes, BooleanSupplier abandoned) throws PipeException, InterruptedIOException {
    while (true) {
      long seen = events;
      long count = tryRead(into, offset, bytes);
      if (count != 0 || bytes == 0 || !await(seen, 0, abandoned)) {
        return count;
      }
    }
  }

  /** @return bytes written: all, unless the caller gave up */
  long write(MemorySegment from, long offset, long bytes, BooleanSupplier abandoned) throws PipeException, InterruptedIOException {
    long done = 0;
    while (done < bytes) {
      long seen = events;
      long count;
      try {
        count = tryWrite(from, offset + done, bytes - done);
      } catch (PipeException e) {
        throw new PipeException(e, done);
      }
      done += count;
      if (count == 0 && !await(seen, done, abandoned)) {
        break;
      }
    }
    return done;
  }

  void flush() throws PipeException, InterruptedIOException {
    while (true) {
      long seen = events;
      Pipe now = serving;
      if (now != null && now.pending() == 0) {
        return;
      }
      String over = ended;
      if (over != null) {
        throw new PipeException(name, over);
      }
      await(seen, 0, () -> false);
    }
  }

  private boolean await(long seen, long done, BooleanSupplier abandoned) throws InterruptedIOException {
    lock.lock();
    try {
      while (events == seen) {
        if (abandoned.getAsBoolean()) {
          return false;
        }
        changed.await();
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException told = new InterruptedIOException(name + ": interrupted while waiting");
      told.bytesTransferred = (int) Math.min(Integer.MAX_VALUE, done);
      throw told;
    } finally {
      lock.unlock();
    }
  }

  PipeCounters counters() {
    Pipe now = serving;
    long put = written.get();
    return new PipeCounters(read.get(), put, receivedBefore + (now == null ? 0 : now.received()),
        now == null ? takenBefore : put - now.pending());
  }
}
