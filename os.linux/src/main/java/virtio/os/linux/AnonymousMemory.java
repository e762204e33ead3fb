package virtio.os.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Zeroed memory that belongs to no file and takes up no room until it is touched, page by page: what a machine's memory wants, of which
 * most is never used.
 */
public final class AnonymousMemory {
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_SHARED_ANONYMOUS_NORESERVE = 0x1 | 0x20 | 0x4000;
  private static final MethodHandle MMAP = Libc.function("mmap",
      FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG), 6);
  private static final MethodHandle MUNMAP = Libc.function("munmap",
      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG), 2);

  private AnonymousMemory() {
  }

  /**
   * Memory of {@code bytes} bytes, page-aligned, given back when {@code arena} is closed.
   *
   * @throws SystemCallException when the system has not that much address space
   */
  @SuppressWarnings("restricted")
  public static MemorySegment map(long bytes, Arena arena) throws SystemCallException {
    if (bytes <= 0) {
      throw new IllegalArgumentException("bytes=" + bytes + "; allowed: 1 or more");
    }
    try (Arena call = Arena.ofConfined()) {
      MemorySegment errno = Libc.captured(call);
      long address = mmap(errno, bytes);
      if (address == -1) {
        throw Libc.failed("mmap(" + bytes + " bytes)", Libc.errno(errno));
      }
      return MemorySegment.ofAddress(address).reinterpret(bytes, arena, AnonymousMemory::unmap);
    }
  }

  private static long mmap(MemorySegment errno, long bytes) {
    try {
      return (long) MMAP.invokeExact(errno, MemorySegment.NULL, bytes, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS_NORESERVE, -1, 0L);
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }

  private static void unmap(MemorySegment memory) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment errno = Libc.captured(call);
      int result = (int) MUNMAP.invokeExact(errno, memory, memory.byteSize());
      if (result != 0) {
        throw new IllegalStateException(Libc.failed("munmap", Libc.errno(errno)));
      }
    } catch (Throwable thrown) {
      throw Libc.unexpected(thrown);
    }
  }
}
