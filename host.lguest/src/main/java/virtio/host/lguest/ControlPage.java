package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Guest-physical page 0: how host and guest of one machine find and call one another. All of it is little-endian; what two processors
 * write often lies 128 bytes apart.
 *
 * <pre>
 * 0x000  magic "VLGS"  version 1   memory bytes (64 bits)   device page number   host's pages
 * 0x018  layout        host's pid  guest's pid
 * 0x080  pending interrupts, one bit each, 1 to 31
 * 0x100  the guest's interrupt thread sleeps
 * 0x180  the host's hypercall thread sleeps
 * 0x200  the guest's caller sleeps
 * 0x280  request: sequence, number, four arguments
 * 0x300  answer:  sequence, result, four arguments
 * 0x400  hcall_status[64]: a byte each, 0xFF free, 0 to be served
 * 0x480  hcalls[64]: four words each, the number and three arguments
 * </pre>
 *
 * <p>The last two are those of {@code struct lguest_data}, in size and meaning; the rest is ours, since here no instruction traps. A
 * process id of 0 says that this side is not there.
 *
 * <p>Source: Linux 2.6.23 to 3.x, {@code include/linux/lguest.h}
 */
final class ControlPage {
  static final int PAGE = 4096;
  static final int MAGIC_VALUE = 0x53474C56;
  static final int VERSION_VALUE = 1;

  static final long MAGIC = 0x000;
  static final long VERSION = 0x004;
  static final long MEMORY = 0x008;
  static final long DEVICE_PAGE = 0x010;
  static final long HOST_PAGES = 0x014;
  static final long LAYOUT = 0x018;
  static final long HOST = 0x01C;
  static final long GUEST = 0x020;
  static final long INTERRUPTS = 0x080;
  static final long GUEST_SLEEPS = 0x100;
  static final long HOST_SLEEPS = 0x180;
  static final long CALLER_SLEEPS = 0x200;
  static final long REQUEST = 0x280;
  static final long ANSWER = 0x300;
  static final long STATUS = 0x400;
  static final long CALLS = 0x480;

  /** How many calls the ring holds. */
  static final int SLOTS = 64;
  /** How many words an asynchronous call has: its number, and three arguments. */
  static final int CALL_WORDS = 4;
  /** How many arguments a synchronous call has. */
  static final int ARGUMENTS = 4;
  static final byte FREE = (byte) 0xFF;
  static final byte READY = 0;
  /** Eight statuses, all free. */
  static final long ALL_FREE = -1L;

  private static final VarHandle INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();

  private ControlPage() {
  }

  static int intPlain(MemorySegment memory, long at) {
    return (int) INT.get(memory, at);
  }

  static void intPlain(MemorySegment memory, long at, int value) {
    INT.set(memory, at, value);
  }

  static int intAcquire(MemorySegment memory, long at) {
    return (int) INT.getAcquire(memory, at);
  }

  static int intOpaque(MemorySegment memory, long at) {
    return (int) INT.getOpaque(memory, at);
  }

  static void intRelease(MemorySegment memory, long at, int value) {
    INT.setRelease(memory, at, value);
  }

  static int intExchange(MemorySegment memory, long at, int value) {
    return (int) INT.getAndSet(memory, at, value);
  }

  static boolean intCompareAndSet(MemorySegment memory, long at, int expected, int value) {
    return INT.compareAndSet(memory, at, expected, value);
  }

  static int intOr(MemorySegment memory, long at, int bits) {
    return (int) INT.getAndBitwiseOr(memory, at, bits);
  }

  static long longPlain(MemorySegment memory, long at) {
    return (long) LONG.get(memory, at);
  }

  static void longPlain(MemorySegment memory, long at, long value) {
    LONG.set(memory, at, value);
  }

  /** The statuses of eight slots, the first of them in the lowest byte. */
  static long statusesAcquire(MemorySegment memory, int firstSlot) {
    return (long) LONG.getAcquire(memory, STATUS + firstSlot);
  }

  static byte status(MemorySegment memory, int slot) {
    return (byte) BYTE.getAcquire(memory, STATUS + slot);
  }

  static void statusRelease(MemorySegment memory, int slot, byte status) {
    BYTE.setRelease(memory, STATUS + slot, status);
  }

  static long call(int slot, int word) {
    return CALLS + 16L * slot + 4L * word;
  }
}
