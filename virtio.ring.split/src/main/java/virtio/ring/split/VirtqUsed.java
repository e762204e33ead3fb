package virtio.ring.split;

import static java.lang.foreign.MemoryLayout.sequenceLayout;
import static java.lang.foreign.MemoryLayout.structLayout;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * {@code struct virtq_used}: the buffers that the device gives back. Written by the device alone.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+-------------------------------+
 *  |             flags             |              idx              |
 *  +-------------------------------+-------------------------------+
 *  |                          ring[0].id                           |
 *  +---------------------------------------------------------------+
 *  |                          ring[0].len                          |
 *  +---------------------------------------------------------------+
 *  |                              ...                              |
 *  +-------------------------------+-------------------------------+
 *  |          avail_event          |
 *  +-------------------------------+
 * </pre>
 *
 * <p>An element is read and written as one word, so that its id and its length belong together, whatever another processor writes meanwhile.
 *
 * <p>Spec: virtio 1.4, "The Virtqueue Used Ring"
 */
final class VirtqUsed {
  static final int VIRTQ_USED_F_NO_NOTIFY = 1;

  static final StructLayout ELEM = structLayout(
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).withName("id"),
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).withName("len")).withName("virtq_used_elem");

  /** What the Device Area's address must be a multiple of. */
  static final int ALIGNMENT = 4;

  private static final VarHandle FLAGS = Words.shared16(0);
  private static final VarHandle IDX = Words.shared16(2);
  private static final VarHandle AVAIL_EVENT = Words.shared16();
  private static final int RING = 4;
  private static final int SHIFT = 3;

  private VirtqUsed() {}

  static StructLayout layout(int size) {
    ValueLayout.OfShort le16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    return structLayout(le16.withName("flags"), le16.withName("idx"), sequenceLayout(size, ELEM).withName("ring"), le16.withName("avail_event"))
        .withName("virtq_used");
  }

  static long bytes(int size) {
    return availEventAt(size) + 2;
  }

  /** Where {@code avail_event} lies; a queue keeps it. */
  static long availEventAt(int size) {
    return RING + ((long) size << SHIFT);
  }

  /** The element in that slot, id and length at once; its reader has acquired {@code idx} before. */
  static long elemPlain(MemorySegment used, int slot) {
    return used.get(Words.LE64, RING + ((long) slot << SHIFT));
  }

  /** The element in that slot; its writer releases {@code idx} after. */
  static void elemPlain(MemorySegment used, int slot, long elem) {
    used.set(Words.LE64, RING + ((long) slot << SHIFT), elem);
  }

  /** Nothing used, and a wish to be told of the first offered buffer; before the driver may look. */
  static void clear(MemorySegment used, long availEventAt) {
    flagsOpaque(used, 0);
    availEventOpaque(used, availEventAt, 0);
    idxRelease(used, 0);
  }

  static long elem(int id, long len) {
    return id & 0xFFFF_FFFFL | len << 32;
  }

  /** As a signed number: an id of 2^31 or more is negative. */
  static int id(long elem) {
    return (int) elem;
  }

  static long len(long elem) {
    return elem >>> 32;
  }

  static int idxAcquire(MemorySegment used) {
    return (short) IDX.getAcquire(used) & 0xFFFF;
  }

  static void idxRelease(MemorySegment used, int idx) {
    IDX.setRelease(used, (short) idx);
  }

  static int flagsOpaque(MemorySegment used) {
    return (short) FLAGS.getOpaque(used) & 0xFFFF;
  }

  static void flagsOpaque(MemorySegment used, int flags) {
    FLAGS.setOpaque(used, (short) flags);
  }

  static int availEventOpaque(MemorySegment used, long at) {
    return (short) AVAIL_EVENT.getOpaque(used, at) & 0xFFFF;
  }

  static void availEventOpaque(MemorySegment used, long at, int idx) {
    AVAIL_EVENT.setOpaque(used, at, (short) idx);
  }
}
