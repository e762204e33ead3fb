package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * {@code struct lguest_dma} of a 32-bit guest: where up to 16 sections of a message lie, and how much of them has been used. Little-endian,
 * a multiple of 4; an array of them has no gaps.
 *
 * <pre>
 * 0          4             8              64             68        70              98        100
 * +----------+-------------+--- ... ------+--------------+---------+--- ... -------+---------+
 * | used_len | addr[0]     |              | addr[15]     | len[0]  |               | len[15] |
 * +----------+-------------+--- ... ------+--------------+---------+--- ... -------+---------+
 * </pre>
 *
 * <p>Source: Linux 2.6.23, {@code include/linux/lguest_launcher.h}
 */
final class LguestDma {
  /** {@code LGUEST_MAX_DMA_SECTIONS}. */
  static final int SECTIONS = 16;
  static final int USED_LEN = 0;
  static final int ADDR = 4;
  static final int LEN = 68;
  static final int BYTES = 100;

  private static final VarHandle INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

  private LguestDma() {
  }

  static int usedAcquire(MemorySegment memory, long at) {
    return (int) INT.getAcquire(memory, at + USED_LEN);
  }

  static void usedRelease(MemorySegment memory, long at, int bytes) {
    INT.setRelease(memory, at + USED_LEN, bytes);
  }

  /** Unsigned. */
  static long addr(MemorySegment memory, long at, int section) {
    return Integer.toUnsignedLong((int) INT.get(memory, at + ADDR + 4L * section));
  }

  /** Unsigned. */
  static int len(MemorySegment memory, long at, int section) {
    return Short.toUnsignedInt(memory.get(SHORT, at + LEN + 2L * section));
  }
}
