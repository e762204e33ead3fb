package virtio.os.linux;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A file whose ranges can be given back to the file system, or zeroed, without writing. Opened beside a
 * {@link java.nio.channels.FileChannel} on the same path: both see the same bytes. The file's size never changes.
 *
 * <p>Any thread may call; calls exclude one another. Offsets and lengths are bytes, and need no alignment: what a hole does not cover a
 * whole block of is zeroed by the file system.
 *
 * <p>Source: Linux, fallocate(2) with FALLOC_FL_KEEP_SIZE, statx(2).
 */
public final class SparseFile implements Closeable {
  private static final int O_RDWR_CLOEXEC = 2 | 0x80000;
  private static final int KEEP_SIZE = 1;
  private static final int PUNCH_HOLE = 2;
  private static final int ZERO_RANGE = 0x10;
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int STATX_SIZE_BLOCKS = 0x200 | 0x400;
  private static final long STATX_BYTES = 256;
  private static final long STX_SIZE = 40;
  private static final long STX_BLOCKS = 48;

  private static final MethodHandle OPEN = Libc.function("open",
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT), 2);
  private static final MethodHandle CLOSE = Libc.function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT), 1);
  private static final MethodHandle FALLOCATE = Libc.function("fallocate",
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG), 4);
  private static final MethodHandle STATX = Libc.function("statx",
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS), 5);

  private final Path path;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment errno = Libc.captured(arena);
  private final MemorySegment status = arena.allocate(STATX_BYTES, 8);
  private final MemorySegment empty = arena.allocateFrom("");
  private final int descriptor;
  private boolean closed;

  private SparseFile(Path path) throws SystemCallException {
    this.path = path;
    this.descriptor = descriptor(path);
  }

  /** Opens an existing file for reading and writing. */
  public static SparseFile open(Path path) throws SystemCallException {
    return new SparseFile(path);
  }

  /** Whether the file system knows holes. Tried behind the file's end, so that nothing changes. */
  public synchronized boolean supported() throws IOException {
    long behind = (stat(STX_SIZE) + 4095 & -4096L) + 4096;
    return allocate(PUNCH_HOLE | KEEP_SIZE, behind, 4096);
  }

  /**
   * Gives the range back to the file system: it reads as zeroes and, whole blocks of it, takes up no room.
   *
   * @return false where the file system cannot; then nothing has changed
   */
  public synchronized boolean punchHole(long offset, long length) throws IOException {
    return allocate(PUNCH_HOLE | KEEP_SIZE, offset, length);
  }

  /**
   * Makes the range read as zeroes, keeping its room, so that writing there later cannot run out of space.
   *
   * @return false where the file system cannot; then nothing has changed, and the caller writes zeroes itself
   */
  public synchronized boolean zero(long offset, long length) throws IOException {
    return allocate(ZERO_RANGE | KEEP_SIZE, offset, length);
  }

  /** How many bytes the file takes up, its holes not counted. */
  public synchronized long allocated() throws IOException {
    return stat(STX_BLOCKS) * 512;
  }

  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    int result;
    int number;
    try {
      result = (int) CLOSE.invokeExact(errno, descriptor);
      number = Libc.errno(errno);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    } finally {
      arena.close();
    }
    if (result != 0) {
      throw Libc.failed("close(" + path + ")", number);
    }
  }

  private int descriptor(Path file) throws SystemCallException {
    int result;
    try (Arena call = Arena.ofConfined()) {
      result = (int) OPEN.invokeExact(errno, call.allocateFrom(file.toString()), O_RDWR_CLOEXEC);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
    if (result < 0) {
      int number = Libc.errno(errno);
      arena.close();
      throw Libc.failed("open(" + file + ")", number);
    }
    return result;
  }

  private boolean allocate(int mode, long offset, long length) throws IOException {
    if (offset < 0 || length <= 0 || offset > Long.MAX_VALUE - length) {
      throw new IllegalArgumentException("offset=" + offset + " length=" + length + "; allowed: offset 0 or more, length 1 or more");
    }
    requireOpen();
    while (fallocate(mode, offset, length) != 0) {
      int number = Libc.errno(errno);
      switch (number) {
        case Libc.EINTR -> {
        }
        case Libc.EOPNOTSUPP, Libc.ENOSYS -> {
          return false;
        }
        default -> throw Libc.failed("fallocate(" + path + ", mode=" + mode + ", offset=" + offset + ", length=" + length + ")", number);
      }
    }
    return true;
  }

  private int fallocate(int mode, long offset, long length) {
    try {
      return (int) FALLOCATE.invokeExact(errno, descriptor, mode, offset, length);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  private long stat(long field) throws IOException {
    requireOpen();
    int result;
    try {
      result = (int) STATX.invokeExact(errno, descriptor, empty, AT_EMPTY_PATH, STATX_SIZE_BLOCKS, status);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
    if (result != 0) {
      throw Libc.failed("statx(" + path + ")", Libc.errno(errno));
    }
    return status.get(ValueLayout.JAVA_LONG, field);
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("closed: " + path);
    }
  }
}
