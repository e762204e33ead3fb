package virtio.ring.split;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * How the rings' memory is read and written: little-endian words, whose alignment is checked once, when a ring is made, and not again at
 * each access; and, for what the two halves synchronise on, 16 bits that are always read and written whole.
 */
final class Words {
  /** A descriptor is two of these, a used element one. */
  static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  /** An entry of the available ring. */
  static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** An index, flags or event field, aligned. */
  private static final VarHandle SHARED16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  private Words() {}

  /** The handle to a 16-bit field at a fixed offset: coordinates are the segment alone. */
  static VarHandle shared16(long offset) {
    return MethodHandles.insertCoordinates(SHARED16, 1, offset);
  }

  /** The handle to a 16-bit field whose offset depends on the queue's size: coordinates are the segment and the offset. */
  static VarHandle shared16() {
    return SHARED16;
  }
}
