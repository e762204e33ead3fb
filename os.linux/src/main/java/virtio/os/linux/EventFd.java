package virtio.os.linux;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An event counter of the kernel's, shared with another process: who adds to it wakes whoever polls it there.
 *
 * <p>Any thread may call. {@link #add} allocates nothing, and waits for nobody; {@link #close} may come at any time, also while others add.
 *
 * <p>Source: Linux, eventfd(2), pidfd_open(2), pidfd_getfd(2).
 */
public final class EventFd implements Closeable {
  /** The same on every processor. */
  private static final long PIDFD_OPEN = 434;
  private static final long PIDFD_GETFD = 438;
  private static final int EBADF = 9;
  private static final int EFD_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
  /** The number of one whose number nobody asks for. */
  private static final long UNKNOWN = -1;
  /** In {@link #users}: nobody begins to add any more. The lower bits count those who are at it. */
  private static final int CLOSED = Integer.MIN_VALUE;

  private static final MethodHandle SYSCALL = Libc.function("syscall",
      FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG), 1);
  private static final MethodHandle EVENTFD = Libc.function("eventfd",
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), 2);
  private static final MethodHandle WRITE = Libc.function("write",
      FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG), 3);
  private static final MethodHandle CLOSE = Libc.function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), 1);
  private static final ThreadLocal<MemorySegment> ERRNO = ThreadLocal.withInitial(() -> Libc.captured(Arena.ofAuto()));
  private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_LONG, 1);

  private final int descriptor;
  private final long id;
  private final AtomicInteger users = new AtomicInteger();

  private EventFd(int descriptor, long id) {
    this.descriptor = descriptor;
    this.id = id;
  }

  /** A new one, at 0. The caller's, who closes it. */
  static EventFd create() throws SystemCallException {
    MemorySegment errno = ERRNO.get();
    int made;
    try {
      made = (int) EVENTFD.invokeExact(errno, 0, EFD_NONBLOCK_CLOEXEC);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
    if (made < 0) {
      throw Libc.failed("eventfd", Libc.errno(errno));
    }
    return new EventFd(made, UNKNOWN);
  }

  /**
   * The counter that another process has, by a descriptor of our own. Null when that one's descriptor is not open, or is no event counter, or
   * one that lets who adds wait.
   *
   * @param pid a process that we may trace: of our own user's, or any for root
   * @param descriptor that process's
   * @throws SystemCallException when there is no such process, or we may not
   */
  public static EventFd of(long pid, int descriptor) throws IOException {
    int process = call("pidfd_open(" + pid + ")", PIDFD_OPEN, pid, 0);
    int copy;
    try {
      copy = call("pidfd_getfd(" + pid + ", " + descriptor + ")", PIDFD_GETFD, process, descriptor);
    } catch (SystemCallException failed) {
      if (failed.errno() == EBADF) {
        return null;
      }
      throw failed;
    } finally {
      release(process);
    }
    EventFd counter = null;
    try {
      EventFdInfo info = EventFdInfo.of(ProcessHandle.current().pid(), copy);
      counter = info == null || info.blocking() ? null : new EventFd(copy, info.id());
    } finally {
      if (counter == null) {
        release(copy);
      }
    }
    return counter;
  }

  int descriptor() {
    return descriptor;
  }

  /** The kernel's number for the counter, whoever has it; nobody else's while anybody has it open. */
  public long id() {
    return id;
  }

  /**
   * Adds 1. A counter that is full stays so: whoever polls it is awake.
   *
   * @return false when this is closed, and nothing was added
   */
  public boolean add() {
    int before;
    do {
      before = users.get();
      if (before < 0) {
        return false;
      }
    } while (!users.compareAndSet(before, before + 1));
    try {
      write();
    } finally {
      if (users.decrementAndGet() == CLOSED) {
        release(descriptor);
      }
    }
    return true;
  }

  private void write() {
    MemorySegment errno = ERRNO.get();
    long put;
    try {
      put = (long) WRITE.invokeExact(errno, descriptor, ONE, (long) Long.BYTES);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
    if (put < 0 && Libc.errno(errno) != Libc.EAGAIN) {
      throw new UncheckedIOException(Libc.failed("write(eventfd " + id + ")", Libc.errno(errno)));
    }
  }

  /** Lets the descriptor go, once nobody adds any more. The counter is there as long as others have it. */
  @Override
  public void close() {
    if (users.getAndUpdate(now -> now | CLOSED) == 0) {
      release(descriptor);
    }
  }

  private static int call(String text, long number, long first, long second) throws SystemCallException {
    MemorySegment errno = ERRNO.get();
    long result;
    try {
      result = (long) SYSCALL.invokeExact(errno, number, first, second, 0L);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
    if (result < 0) {
      throw Libc.failed(text, Libc.errno(errno));
    }
    return (int) result;
  }

  private static void release(int open) {
    int result;
    try {
      result = (int) CLOSE.invokeExact(ERRNO.get(), open);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
    assert result == 0;
  }
}
