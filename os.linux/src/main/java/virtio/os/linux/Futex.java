package virtio.os.linux;

import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * A 32-bit word of memory that threads can sleep on, in one process or in several that map the same file.
 *
 * <p>The word's value is its users' business: {@link #await} compares it and falls asleep in one step, {@link #wake} wakes who sleeps. A
 * waker changes the word first, so that whoever is about to sleep sees the change instead.
 *
 * <p>A thread in {@link #await} is blocked in a system call, so it had better be a platform thread. The memory's arena cannot be closed
 * while one is in there: closing throws {@link IllegalStateException}.
 *
 * <p>Any thread may call; a call allocates nothing.
 *
 * <p>Source: Linux, futex(2), FUTEX_WAIT and FUTEX_WAKE without FUTEX_PRIVATE_FLAG.
 */
public final class Futex {
  /** How {@link Futex#await} ended. All three are ordinary: look at what you wait for, and wait again if it is not there. */
  public enum Outcome {
    /** Woken, or interrupted by a signal. */
    WOKEN,
    /** The word did not hold the expected value: nobody slept. */
    CHANGED,
    /** The time is over. */
    TIMED_OUT
  }

  private static final long FUTEX_WAIT = 0;
  private static final long FUTEX_WAKE = 1;
  private static final StructLayout TIMESPEC =
      MemoryLayout.structLayout(ValueLayout.JAVA_LONG.withName("tv_sec"), ValueLayout.JAVA_LONG.withName("tv_nsec"));
  private static final VarHandle TV_SEC = TIMESPEC.varHandle(MemoryLayout.PathElement.groupElement("tv_sec"));
  private static final VarHandle TV_NSEC = TIMESPEC.varHandle(MemoryLayout.PathElement.groupElement("tv_nsec"));
  private static final MethodHandle SYSCALL = Libc.function("syscall",
      FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG, ValueLayout.ADDRESS), 1);
  private static final long NUMBER = Libc.futexNumber();

  /** What a call writes into besides the word: one per thread, and nothing but memory, so it keeps no class alive. */
  private static final ThreadLocal<MemorySegment[]> SCRATCH = new ThreadLocal<>();

  private final MemorySegment word;

  /**
   * @param memory native memory; shared between processes only if the memory is
   * @param offset the word's place in it; its address must be a multiple of 4
   */
  public Futex(MemorySegment memory, long offset) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException("memory=" + memory + "; allowed: native memory");
    }
    if ((memory.address() + offset & 3) != 0) {
      throw new IllegalArgumentException("offset=" + offset + "; allowed: a multiple of 4 from address 0x"
          + Long.toHexString(memory.address()));
    }
    this.word = memory.asSlice(offset, Integer.BYTES);
  }

  /**
   * Sleeps while the word holds {@code expected}, until woken or until the time is over.
   *
   * @param timeoutNanos how long at most, in nanoseconds, 0 or more
   */
  public Outcome await(int expected, long timeoutNanos) {
    if (timeoutNanos < 0) {
      throw new IllegalArgumentException("timeoutNanos=" + timeoutNanos + "; allowed: 0 or more");
    }
    MemorySegment[] scratch = scratch();
    MemorySegment timeout = scratch[1];
    TV_SEC.set(timeout, 0L, timeoutNanos / 1_000_000_000L);
    TV_NSEC.set(timeout, 0L, timeoutNanos % 1_000_000_000L);
    if (call(scratch[0], FUTEX_WAIT, expected, timeout) >= 0) {
      return Outcome.WOKEN;
    }
    int errno = Libc.errno(scratch[0]);
    return switch (errno) {
      case Libc.EINTR -> Outcome.WOKEN;
      case Libc.EAGAIN -> Outcome.CHANGED;
      case Libc.ETIMEDOUT -> Outcome.TIMED_OUT;
      default -> throw new UncheckedIOException(Libc.failed("futex(FUTEX_WAIT)", errno));
    };
  }

  /**
   * Wakes at most {@code count} of those who sleep on the word.
   *
   * @return how many were woken
   */
  public int wake(int count) {
    MemorySegment[] scratch = scratch();
    long woken = call(scratch[0], FUTEX_WAKE, count, MemorySegment.NULL);
    if (woken < 0) {
      throw new UncheckedIOException(Libc.failed("futex(FUTEX_WAKE)", Libc.errno(scratch[0])));
    }
    return (int) woken;
  }

  private long call(MemorySegment errno, long operation, int value, MemorySegment timeout) {
    try {
      return (long) SYSCALL.invokeExact(errno, NUMBER, word, operation, (long) value, timeout);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  private static MemorySegment[] scratch() {
    MemorySegment[] scratch = SCRATCH.get();
    if (scratch == null) {
      Arena arena = Arena.ofAuto();
      scratch = new MemorySegment[] {Libc.captured(arena), arena.allocate(TIMESPEC)};
      SCRATCH.set(scratch);
    }
    return scratch;
  }
}
