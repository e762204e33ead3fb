package virtio.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The Internet's checksum: the complement of the sum of 16-bit words, in one's complement. Source: RFC 1071. */
final class InternetChecksum {
  private static final ValueLayout.OfShort BE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt BE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private InternetChecksum() {}

  /** Sums {@code [start, end)}, where the pseudo header's sum lies at its place already, and puts the sum there. */
  static void complete(MemorySegment memory, int start, int offset, int end) {
    int sum = ~fold(sum(memory, start, end)) & 0xFFFF;
    // 0 would say "none" in UDP; its other spelling means the same in every protocol
    memory.set(BE16, (long) start + offset, (short) (sum == 0 ? 0xFFFF : sum));
  }

  private static long sum(MemorySegment memory, int start, int end) {
    long sum = 0;
    int at = start;
    for (; at + 4 <= end; at += 4) {
      sum += Integer.toUnsignedLong(memory.get(BE32, at));
    }
    if (at + 2 <= end) {
      sum += Short.toUnsignedInt(memory.get(BE16, at));
      at += 2;
    }
    return at < end ? sum + (Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, at)) << 8) : sum;
  }

  private static int fold(long sum) {
    long folded = sum;
    while (folded >>> 16 != 0) {
      folded = (folded & 0xFFFF) + (folded >>> 16);
    }
    return (int) folded;
  }
}
