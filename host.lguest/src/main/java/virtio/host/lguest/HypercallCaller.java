package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import virtio.bus.Channel;

/**
 * The guest's end of hypercalls that are waited for: one at a time, each with a deadline. A host that lets one pass counts as gone, for
 * good: its answer could otherwise be taken for that to a later call.
 */
final class HypercallCaller {
  private final MemorySegment memory;
  private final SleepWord host;
  private final SleepWord self;
  private final long deadlineNanos;
  private final Runnable lost;
  private final ReentrantLock oneAtATime = new ReentrantLock();
  private final BooleanSupplier over = () -> answered() || gone();
  private int sequence;
  private volatile boolean gone;

  /**
   * @param host what the host's hypercall thread sleeps on
   * @param lost runs once when a deadline has passed
   */
  HypercallCaller(MemorySegment memory, SleepWord host, int mostLooks, long deadlineNanos, Runnable lost) {
    this.memory = memory;
    this.host = host;
    this.self = new SleepWord(memory, ControlPage.CALLER_SLEEPS, mostLooks);
    this.deadlineNanos = deadlineNanos;
    this.lost = lost;
    this.sequence = ControlPage.intAcquire(memory, ControlPage.REQUEST);
  }

  /** Arguments go in and results come out in {@code arguments}, 32 bits each, at most four. */
  long call(long number, long[] arguments) {
    int count = arguments.length;
    if (number < 0 || number > Integer.MAX_VALUE || count > ControlPage.ARGUMENTS) {
      throw new IllegalArgumentException("number=" + number + " arguments=" + count + "; allowed: a number of 31 bits, at most "
          + ControlPage.ARGUMENTS + " arguments");
    }
    for (long argument : arguments) {
      if (argument >>> 32 != 0) {
        throw new IllegalArgumentException("argument=0x" + Long.toHexString(argument) + "; allowed: 32 bits");
      }
    }
    oneAtATime.lock();
    try {
      return gone ? Channel.GONE : locked((int) number, arguments);
    } finally {
      oneAtATime.unlock();
    }
  }

  private long locked(int number, long[] arguments) {
    ControlPage.intPlain(memory, ControlPage.REQUEST + 4, number);
    for (int i = 0; i < ControlPage.ARGUMENTS; i++) {
      ControlPage.intPlain(memory, ControlPage.REQUEST + 8 + 4L * i, i < arguments.length ? (int) arguments[i] : 0);
    }
    sequence++;
    ControlPage.intRelease(memory, ControlPage.REQUEST, sequence);
    host.wake();
    long end = System.nanoTime() + deadlineNanos;
    while (!answered()) {
      long left = end - System.nanoTime();
      if (left <= 0 || gone) {
        leave();
        lost.run();
        return Channel.GONE;
      }
      self.idle(over, left);
    }
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = Integer.toUnsignedLong(ControlPage.intPlain(memory, ControlPage.ANSWER + 8 + 4L * i));
    }
    return ControlPage.intPlain(memory, ControlPage.ANSWER + 4);
  }

  private boolean gone() {
    return gone;
  }

  private boolean answered() {
    return ControlPage.intAcquire(memory, ControlPage.ANSWER) == sequence;
  }

  /** From now on every call says so at once; one that waits ends. */
  void leave() {
    gone = true;
    self.wake();
  }

  /** After {@link #leave}: returns when no call is under way. */
  void drain() {
    oneAtATime.lock();
    oneAtATime.unlock();
  }
}
