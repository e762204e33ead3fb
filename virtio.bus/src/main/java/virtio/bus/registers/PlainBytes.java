package virtio.bus.registers;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Numbers in plain memory, little-endian, at any offset, aligned or not. Any thread; nothing is promised of what two of them write. */
public final class PlainBytes {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();

  private final MemorySegment memory;

  public PlainBytes(MemorySegment memory) {
    this.memory = memory;
  }

  /** @param width 1, 2, 4, 6 or 8 bytes; the value is unsigned, but for width 8 */
  public long get(long at, int width) {
    return switch (width) {
      case 1 -> Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, at));
      case 2 -> Short.toUnsignedLong(memory.get(SHORT, at));
      case 4 -> Integer.toUnsignedLong(memory.get(INT, at));
      case 6 -> get(at, 4) | get(at + 4, 2) << 32;
      default -> memory.get(LONG, at);
    };
  }

  /** The lowest bytes of a value. @param width as for {@link #get} */
  public void put(long at, int width, long value) {
    switch (width) {
      case 1 -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) value);
      case 2 -> memory.set(SHORT, at, (short) value);
      case 4 -> memory.set(INT, at, (int) value);
      case 6 -> {
        put(at, 4, value);
        put(at + 4, 2, value >>> 32);
      }
      default -> memory.set(LONG, at, value);
    }
  }

  /** All zero from there. */
  public void clear(long at, long bytes) {
    memory.asSlice(at, bytes).fill((byte) 0);
  }

  /** One byte, before whatever is read after it. */
  public int byteAcquire(long at) {
    return Byte.toUnsignedInt((byte) BYTE.getAcquire(memory, at));
  }

  /** One byte, after whatever was written before it. */
  public void byteRelease(long at, int value) {
    BYTE.setRelease(memory, at, (byte) value);
  }
}
