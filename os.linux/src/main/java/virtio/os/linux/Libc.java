package virtio.os.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** The C library's functions that this bundle calls, as method handles, and the numbers that differ between processors. */
@SuppressWarnings("restricted")
final class Libc {
  static final int EINTR = 4;
  static final int EAGAIN = 11;
  static final int ENOSYS = 38;
  static final int EOPNOTSUPP = 95;
  static final int ETIMEDOUT = 110;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup SYMBOLS = LINKER.defaultLookup();
  private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle STRERROR =
      LINKER.downcallHandle(symbol("strerror"), FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

  private Libc() {
  }

  /** The number of {@code futex} on the running processor. */
  static long futexNumber() {
    return switch (machine(System.getProperty("os.name"), System.getProperty("os.arch"))) {
      case X86_64 -> 202;
      case AARCH64 -> 98;
    };
  }

  /** The processors whose system call numbers and structures are known here. */
  enum Machine { X86_64, AARCH64 }

  /** Which of them this is. */
  static Machine machine(String system, String processor) {
    if ("Linux".equals(system)) {
      switch (processor) {
        case "amd64", "x86_64" -> {
          return Machine.X86_64;
        }
        case "aarch64" -> {
          return Machine.AARCH64;
        }
        default -> {
        }
      }
    }
    throw new UnsupportedOperationException("system=" + system + " processor=" + processor + "; allowed: Linux on x86_64 or aarch64");
  }

  /**
   * A handle on a C function that takes the segment for {@code errno} first.
   *
   * @param fixed how many parameters are declared by name; the rest are variadic
   */
  static MethodHandle function(String name, FunctionDescriptor type, int fixed) {
    machine(System.getProperty("os.name"), System.getProperty("os.arch"));
    Linker.Option errno = Linker.Option.captureCallState("errno");
    return fixed < type.argumentLayouts().size()
        ? LINKER.downcallHandle(symbol(name), type, errno, Linker.Option.firstVariadicArg(fixed))
        : LINKER.downcallHandle(symbol(name), type, errno);
  }

  /** Room for one call's {@code errno}. */
  static MemorySegment captured(Arena arena) {
    return arena.allocate(CAPTURED);
  }

  static int errno(MemorySegment captured) {
    return (int) ERRNO.get(captured, 0L);
  }

  static SystemCallException failed(String call, int errno) {
    return new SystemCallException(call, errno, text(errno));
  }

  /** What to throw for something thrown by {@link MethodHandle#invokeExact}: never a checked exception, since no C function throws one. */
  static RuntimeException unexpected(Throwable thrown) {
    if (thrown instanceof RuntimeException unchecked) {
      return unchecked;
    }
    if (thrown instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(thrown);
  }

  private static String text(int errno) {
    try {
      MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
      return text.reinterpret(256).getString(0);
    } catch (Throwable thrown) {
      throw unexpected(thrown);
    }
  }

  private static MemorySegment symbol(String name) {
    return SYMBOLS.find(name).orElseThrow(() -> new UnsupportedOperationException("the C library has no function '" + name + "'"));
  }
}
