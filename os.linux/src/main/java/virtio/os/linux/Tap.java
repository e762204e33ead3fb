package virtio.os.linux;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A network interface of this Linux whose other end is this process: what the kernel sends on it is read here, and what is written here the
 * kernel receives. One call carries one Ethernet frame, without a header of the kernel's and without its check sequence.
 *
 * <p>{@link #read}, {@link #write} and {@link #await} belong to one thread; {@link #wake} may come from any. Nothing but {@code await} waits.
 * An interface that {@link #open} made goes with {@link #close}; one that was there, made persistent by others, stays.
 *
 * <p>Source: Linux, Documentation/networking/tuntap.rst; tun(4) TUNSETIFF with IFF_TAP and IFF_NO_PI, eventfd(2), poll(2).
 */
public final class Tap implements Closeable {
  /** What a name may be: the kernel's rule, less the patterns by which it would choose one itself. */
  public static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[^\\s/:%\\x00]{1,15}");

  private static final String DEVICE = "/dev/net/tun";
  private static final int O_RDWR_NONBLOCK_CLOEXEC = 2 | 0x800 | 0x80000;
  private static final long TUNSETIFF = 0x400454CA;
  private static final short IFF_TAP_NO_PI = 0x2 | 0x1000;
  private static final int IFREQ_BYTES = 40;
  private static final int IFR_FLAGS = 16;
  private static final int IFNAMSIZ = 16;
  private static final short POLLIN = 1;
  private static final int EIO = 5;
  private static final int ENOBUFS = 105;
  private static final int EINVAL = 22;

  private static final MethodHandle OPEN = Libc.function("open",
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), 2);
  private static final MethodHandle IOCTL = Libc.function("ioctl",
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS), 2);
  private static final MethodHandle POLL = Libc.function("poll",
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT), 3);
  /** Addresses as numbers: a segment per frame, cut to its bytes, would be an object per frame. */
  private static final MethodHandle READ = Libc.function("read",
      FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG), 3);
  private static final MethodHandle WRITE = Libc.function("write",
      FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG), 3);
  private static final MethodHandle CLOSE = Libc.function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), 1);

  private final String name;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment errno = Libc.captured(arena);
  private final MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
  /** Two {@code struct pollfd}: the interface, and the event that ends a wait. */
  private final MemorySegment polled = arena.allocate(16, 4);
  private int descriptor = -1;
  private EventFd event;
  private boolean closed;

  private Tap(String name) {
    this.name = name;
  }

  /**
   * Takes the interface of that name, or makes it. It is down when it is new: whoever configures the network brings it up.
   *
   * @throws IllegalArgumentException when the name is none
   * @throws SystemCallException when there is no such device here, we may not, or somebody else has it
   */
  public static Tap open(String name) throws SystemCallException {
    if (!NAME.matcher(name).matches() || name.getBytes(StandardCharsets.UTF_8).length >= IFNAMSIZ) {
      throw new IllegalArgumentException("name=" + name + "; allowed: 1 to 15 bytes, no '/', ':', '%' or space");
    }
    Tap tap = new Tap(name);
    boolean open = false;
    try {
      tap.attach();
      open = true;
    } finally {
      if (!open) {
        tap.release();
      }
    }
    return tap;
  }

  private void attach() throws SystemCallException {
    try (Arena call = Arena.ofConfined()) {
      descriptor = checked("open(" + DEVICE + ")", (int) OPEN.invokeExact(errno, call.allocateFrom(DEVICE), O_RDWR_NONBLOCK_CLOEXEC));
      MemorySegment request = call.allocate(IFREQ_BYTES, 8);
      request.setString(0, name);
      request.set(ValueLayout.JAVA_SHORT, IFR_FLAGS, IFF_TAP_NO_PI);
      checked("ioctl(" + DEVICE + ", TUNSETIFF, " + name + ")", (int) IOCTL.invokeExact(errno, descriptor, TUNSETIFF, request));
      event = EventFd.create();
      polled.set(ValueLayout.JAVA_INT, 0, descriptor);
      polled.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
      polled.set(ValueLayout.JAVA_INT, 8, event.descriptor());
      polled.set(ValueLayout.JAVA_SHORT, 12, POLLIN);
    } catch (SystemCallException failed) {
      throw failed;
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  private int checked(String call, int result) throws SystemCallException {
    if (result < 0) {
      throw Libc.failed(call, Libc.errno(errno));
    }
    return result;
  }

  /** The interface's name. */
  public String name() {
    return name;
  }

  /**
   * The next frame that the kernel has sent. One longer than there is room for comes cut off.
   *
   * @param into native memory
   * @return its bytes; 0 when there is none now
   * @throws IOException when the interface has gone
   */
  public int read(MemorySegment into, long offset, long room) throws IOException {
    requireOpen();
    long at = address(into, offset, room);
    long got;
    try {
      got = (long) READ.invokeExact(errno, descriptor, at, room);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    } finally {
      Reference.reachabilityFence(into);
    }
    if (got < 0) {
      int number = Libc.errno(errno);
      if (number == Libc.EAGAIN || number == Libc.EINTR) {
        return 0;
      }
      throw Libc.failed("read(tap " + name + ")", number);
    }
    return (int) got;
  }

  /**
   * Gives the kernel a frame.
   *
   * @param from native memory
   * @return false when it does not take it now: the interface is down, the frame is none, or memory is short
   * @throws IOException when the interface has gone
   */
  public boolean write(MemorySegment from, long offset, long bytes) throws IOException {
    requireOpen();
    long at = address(from, offset, bytes);
    long put;
    try {
      put = (long) WRITE.invokeExact(errno, descriptor, at, bytes);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    } finally {
      Reference.reachabilityFence(from);
    }
    if (put >= 0) {
      return true;
    }
    int number = Libc.errno(errno);
    return switch (number) {
      case Libc.EAGAIN, Libc.EINTR, EIO, EINVAL, ENOBUFS -> false;
      default -> throw Libc.failed("write(tap " + name + ")", number);
    };
  }

  /**
   * Waits until the kernel has sent a frame, or somebody has called {@link #wake} since the last wait, or the time is over.
   *
   * @param millis how long at most; -1: without end
   */
  public void await(int millis) throws IOException {
    requireOpen();
    int ready;
    try {
      ready = (int) POLL.invokeExact(errno, polled, 2L, millis);
      if (ready > 0 && polled.get(ValueLayout.JAVA_SHORT, 14) != 0) {
        long drained = (long) READ.invokeExact(errno, event.descriptor(), count.address(), 8L);
        assert drained == 8 || drained < 0;   // nobody but us drains it
      }
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
    if (ready < 0 && Libc.errno(errno) != Libc.EINTR) {
      throw Libc.failed("poll(tap " + name + ")", Libc.errno(errno));
    }
  }

  /** Ends the wait of the one that is in {@link #await}, or is about to be. Does nothing once this is closed. */
  public void wake() {
    event.add();
  }

  /** Lets the interface go. By the thread that reads, or after it has ended. */
  @Override
  public synchronized void close() {
    if (!closed) {
      release();
    }
  }

  private void release() {
    closed = true;
    if (event != null) {
      event.close();
    }
    try {
      if (descriptor >= 0) {
        int result = (int) CLOSE.invokeExact(errno, descriptor);
        assert result == 0;
      }
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    } finally {
      arena.close();
    }
  }

  private static long address(MemorySegment memory, long offset, long bytes) {
    Objects.checkFromIndexSize(offset, bytes, memory.byteSize());
    if (!memory.isNative()) {
      throw new IllegalArgumentException("memory=" + memory + "; allowed: native memory");
    }
    return memory.address() + offset;
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("closed: tap " + name);
    }
  }
}
