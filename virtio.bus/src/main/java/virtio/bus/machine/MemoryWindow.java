package virtio.bus.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.BooleanSupplier;
import virtio.bus.Window;

/** Memory, seen as registers: any offset, aligned or not; all ones once the machine has gone. Any thread. */
public final class MemoryWindow implements Window {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment memory;
  private final BooleanSupplier gone;

  /** @param gone whether it has */
  public MemoryWindow(MemorySegment memory, BooleanSupplier gone) {
    this.memory = memory;
    this.gone = gone;
  }

  @Override
  public long size() {
    return memory.byteSize();
  }

  @Override
  public long read(long offset, int width) {
    if (gone.getAsBoolean()) {
      return AllOnes.of(width);
    }
    try {
      return switch (width) {
        case 1 -> Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, offset));
        case 2 -> Short.toUnsignedLong(memory.get(SHORT, offset));
        case 4 -> Integer.toUnsignedLong(memory.get(INT, offset));
        case 8 -> memory.get(LONG, offset);
        default -> throw new IllegalArgumentException("width=" + width + "; allowed: 1, 2, 4 or 8");
      };
    } catch (IllegalStateException closed) {
      return AllOnes.of(width);
    }
  }

  @Override
  public void write(long offset, int width, long value) {
    if (gone.getAsBoolean()) {
      return;
    }
    try {
      switch (width) {
        case 1 -> memory.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
        case 2 -> memory.set(SHORT, offset, (short) value);
        case 4 -> memory.set(INT, offset, (int) value);
        case 8 -> memory.set(LONG, offset, value);
        default -> throw new IllegalArgumentException("width=" + width + "; allowed: 1, 2, 4 or 8");
      }
    } catch (IllegalStateException closed) {
      // The machine went between our look and the store: a write to what has gone does nothing.
      return;
    }
  }
}
