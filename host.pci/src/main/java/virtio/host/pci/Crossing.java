package virtio.host.pci;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import virtio.bus.Window;
import virtio.bus.machine.AllOnes;
import virtio.bus.machine.Worker;

/**
 * The way of register accesses to the host's side: one thread serves them in the order in which they were made. A read, and a write that is
 * waited for, hold up whoever makes them; a post does not, and allocates nothing.
 */
final class Crossing implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.host.pci");
  private static final int PLACES = 256;
  private static final int FEWEST_LOOKS = 16;
  private static final int MOST_LOOKS = 256;
  private static final long SLEEP_NANOS = 100_000_000L;

  private final String machine;
  private final long deadlineNanos;
  private final Access[] places = new Access[PLACES];
  /** Of each place: the position that may be written there, or that plus one when it is written. */
  private final AtomicLongArray turns = new AtomicLongArray(PLACES);
  private final AtomicLong next = new AtomicLong();
  private final Worker worker;
  private volatile Thread thread;
  private volatile boolean sleeping;
  private volatile boolean closed;
  /** The position that is served next; the thread's alone, but for a look at it. */
  private volatile long served;
  private int looks = FEWEST_LOOKS;

  Crossing(String machine, long deadlineNanos) {
    this.machine = machine;
    this.deadlineNanos = deadlineNanos;
    for (int place = 0; place < PLACES; place++) {
      places[place] = new Access();
      turns.set(place, place);
    }
    worker = new Worker("pci-" + machine + "-registers");
    worker.start(this::round, this::wake);
  }

  /** Whether everything that was posted has been served. */
  boolean idle() {
    return served == next.get();
  }

  long read(Window registers, long offset, int width) {
    if (Thread.currentThread() == thread) {
      return registers.read(offset, width);
    }
    Call call = new Call(Thread.currentThread());
    return put(registers, offset, width, 0, false, call) && await(call, registers, offset) ? call.value : AllOnes.of(width);
  }

  void write(Window registers, long offset, int width, long value) {
    if (Thread.currentThread() == thread) {
      registers.write(offset, width, value);
      return;
    }
    Call call = new Call(Thread.currentThread());
    if (put(registers, offset, width, value, true, call)) {
      await(call, registers, offset);
    }
  }

  void post(Window registers, long offset, int width, long value) {
    put(registers, offset, width, value, true, null);
  }

  /** Waits for room where there is none, which the thread soon makes. False once closed. */
  private boolean put(Window registers, long offset, int width, long value, boolean write, Call call) {
    while (!closed) {
      long position = next.get();
      int place = (int) position & PLACES - 1;
      long turn = turns.get(place);
      if (turn == position && next.compareAndSet(position, position + 1)) {
        Access access = places[place];
        access.registers = registers;
        access.offset = offset;
        access.width = width;
        access.value = value;
        access.write = write;
        access.call = call;
        turns.set(place, position + 1);
        wake();
        return true;
      }
      if (turn < position) {
        Thread.onSpinWait();
      }
    }
    return false;
  }

  private boolean await(Call call, Window registers, long offset) {
    for (int look = 0; look < MOST_LOOKS && !call.done; look++) {
      Thread.onSpinWait();
    }
    long end = System.nanoTime() + deadlineNanos;
    boolean interrupted = false;
    while (!call.done && !closed) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        LOG.log(System.Logger.Level.WARNING, "machine " + machine + ": a register does not answer: offset=" + offset + " of " + registers);
        return false;
      }
      call.waits = true; // volatile, as done is: so either the thread sees it or we see done
      if (!call.done) {
        LockSupport.parkNanos(call, Math.min(left, SLEEP_NANOS));
      }
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return call.done;
  }

  private void wake() {
    if (sleeping) {
      worker.unpark();
    }
  }

  private boolean waiting() {
    return turns.get((int) served & PLACES - 1) == served + 1;
  }

  private void round() {
    thread = Thread.currentThread();
    boolean any = false;
    while (waiting()) {
      serve();
      any = true;
    }
    if (any) {
      looks = Math.min(MOST_LOOKS, 2 * looks);
      return;
    }
    for (int look = 0; look < looks; look++) {
      if (waiting() || worker.stopped()) {
        return;
      }
      Thread.onSpinWait();
    }
    looks = Math.max(FEWEST_LOOKS, looks / 2);
    sleeping = true; // volatile, as turns is: so either whoever puts sees it or we see what was put
    if (!waiting() && !worker.stopped()) {
      LockSupport.parkNanos(this, SLEEP_NANOS);
    }
    sleeping = false;
  }

  private void serve() {
    int place = (int) served & PLACES - 1;
    Access access = places[place];
    Window registers = access.registers;
    Call call = access.call;
    long offset = access.offset;
    int width = access.width;
    long value = access.value;
    boolean write = access.write;
    access.registers = null;
    access.call = null;
    turns.set(place, served + PLACES);
    long result = AllOnes.of(width);
    try {
      if (write) {
        registers.write(offset, width, value);
      } else {
        result = registers.read(offset, width);
      }
    } catch (RuntimeException | Error thrown) {
      LOG.log(System.Logger.Level.ERROR, "machine " + machine + ": registers threw: offset=" + offset + " width=" + width, thrown);
    }
    if (call != null) {
      call.done(result);
    }
    served++;
  }

  /** Returns when no registers are served any more; who waits for one reads all ones. */
  @Override
  public void close() {
    closed = true;
    worker.close();
  }

  /** An access on its way. */
  private static final class Access {
    private Window registers;
    private long offset;
    private int width;
    private long value;
    private boolean write;
    private Call call;
  }

  /** Somebody who waits for an answer. */
  private static final class Call {
    private final Thread caller;
    private long value;
    private volatile boolean waits;
    private volatile boolean done;

    Call(Thread caller) {
      this.caller = caller;
    }

    void done(long result) {
      value = result;
      done = true;
      if (waits) {
        LockSupport.unpark(caller);
      }
    }
  }
}
