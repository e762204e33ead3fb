package virtio.ring.split;

import static java.lang.foreign.MemoryLayout.sequenceLayout;
import static java.lang.foreign.MemoryLayout.structLayout;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * {@code struct virtq_avail}: the heads of the buffers that the driver offers. Written by the driver alone.
 *
 * <pre>
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+-------------------------------+
 *  |             flags             |              idx              |
 *  +-------------------------------+-------------------------------+
 *  |            ring[0]            |            ring[1]            |
 *  +-------------------------------+-------------------------------+
 *  |                              ...                              |
 *  +-------------------------------+-------------------------------+
 *  |          used_event           |
 *  +-------------------------------+
 * </pre>
 *
 * <p>Spec: virtio 1.4, "The Virtqueue Available Ring"
 */
final class VirtqAvail {
  static final int VIRTQ_AVAIL_F_NO_INTERRUPT = 1;

  /** What the Driver Area's address must be a multiple of. */
  static final int ALIGNMENT = 2;

  private static final VarHandle FLAGS = Words.shared16(0);
  private static final VarHandle IDX = Words.shared16(2);
  private static final VarHandle USED_EVENT = Words.shared16();
  private static final int RING = 4;
  private static final int SHIFT = 1;

  private VirtqAvail() {}

  static StructLayout layout(int size) {
    ValueLayout.OfShort le16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    return structLayout(le16.withName("flags"), le16.withName("idx"), sequenceLayout(size, le16).withName("ring"), le16.withName("used_event"))
        .withName("virtq_avail");
  }

  static long bytes(int size) {
    return usedEventAt(size) + 2;
  }

  /** Where {@code used_event} lies; a queue keeps it. */
  static long usedEventAt(int size) {
    return RING + ((long) size << SHIFT);
  }

  /** The entry in that slot; its reader has acquired {@code idx} before. */
  static int ringPlain(MemorySegment avail, int slot) {
    return avail.get(Words.LE16, RING + ((long) slot << SHIFT)) & 0xFFFF;
  }

  /** The entry in that slot; its writer releases {@code idx} after. */
  static void ringPlain(MemorySegment avail, int slot, int head) {
    avail.set(Words.LE16, RING + ((long) slot << SHIFT), (short) head);
  }

  /** Nothing offered, and a wish to be told of the first used buffer; before the device may look. */
  static void clear(MemorySegment avail, long usedEventAt) {
    flagsOpaque(avail, 0);
    usedEventOpaque(avail, usedEventAt, 0);
    idxRelease(avail, 0);
  }

  static int idxAcquire(MemorySegment avail) {
    return (short) IDX.getAcquire(avail) & 0xFFFF;
  }

  static void idxRelease(MemorySegment avail, int idx) {
    IDX.setRelease(avail, (short) idx);
  }

  static int flagsOpaque(MemorySegment avail) {
    return (short) FLAGS.getOpaque(avail) & 0xFFFF;
  }

  static void flagsOpaque(MemorySegment avail, int flags) {
    FLAGS.setOpaque(avail, (short) flags);
  }

  static int usedEventOpaque(MemorySegment avail, long at) {
    return (short) USED_EVENT.getOpaque(avail, at) & 0xFFFF;
  }

  static void usedEventOpaque(MemorySegment avail, long at, int idx) {
    USED_EVENT.setOpaque(avail, at, (short) idx);
  }
}
