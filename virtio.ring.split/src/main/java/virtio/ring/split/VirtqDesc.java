package virtio.ring.split;

import static java.lang.foreign.MemoryLayout.structLayout;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * {@code struct virtq_desc}: one part of a buffer, or the place of an indirect table.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +---------------------------------------------------------------+
 *  |                             addr                              |
 *  |                                                               |
 *  +---------------------------------------------------------------+
 *  |                              len                              |
 *  +-------------------------------+-------------------------------+
 *  |             flags             |              next             |
 *  +-------------------------------+-------------------------------+
 * </pre>
 *
 * <p>It is read and written as two words, {@code addr} and {@link #tail the rest}: one look at the rest yields length, flags and link that
 * belong together, whatever another processor writes meanwhile.
 *
 * <p>Spec: virtio 1.4, "The Virtqueue Descriptor Table"
 */
final class VirtqDesc {
  static final int VIRTQ_DESC_F_NEXT = 1;
  static final int VIRTQ_DESC_F_WRITE = 2;
  static final int VIRTQ_DESC_F_INDIRECT = 4;

  static final StructLayout LAYOUT = structLayout(
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).withName("addr"),
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).withName("len"),
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).withName("flags"),
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).withName("next")).withName("virtq_desc");

  /** What the Descriptor Area's address must be a multiple of. */
  static final int ALIGNMENT = 16;
  static final int SHIFT = 4;

  private static final int TAIL = 8;

  private VirtqDesc() {}

  /** Bytes of a table of so many. */
  static long bytes(int entries) {
    return (long) entries << SHIFT;
  }

  /** Where entry {@code index} of a table begins. */
  static long at(int index) {
    return (long) index << SHIFT;
  }

  static void setPlain(MemorySegment table, long at, long addr, long tail) {
    table.set(Words.LE64, at, addr);
    table.set(Words.LE64, at + TAIL, tail);
  }

  static long addrPlain(MemorySegment table, long at) {
    return table.get(Words.LE64, at);
  }

  /** {@code len}, {@code flags} and {@code next}, read at once. */
  static long tailPlain(MemorySegment table, long at) {
    return table.get(Words.LE64, at + TAIL);
  }

  /** The second word of a descriptor. */
  static long tail(int len, int flags, int next) {
    return len & 0xFFFF_FFFFL | (long) flags << 32 | (long) next << 48;
  }

  /** As a signed number: a length of 2 GiB or more is negative. */
  static int len(long tail) {
    return (int) tail;
  }

  static int flags(long tail) {
    return (int) (tail >>> 32) & 0xFFFF;
  }

  static int next(long tail) {
    return (int) (tail >>> 48);
  }
}
