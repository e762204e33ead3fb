package virtio.testkit.fake;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import virtio.bus.Window;

/** Plain memory seen as a window: nobody notices an access. */
record FakePlace(MemorySegment memory) implements Window {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public long size() {
    return memory.byteSize();
  }

  @Override
  public long read(long offset, int width) {
    return switch (width) {
      case 1 -> Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, offset));
      case 2 -> Short.toUnsignedLong(memory.get(SHORT, offset));
      case 4 -> Integer.toUnsignedLong(memory.get(INT, offset));
      default -> memory.get(LONG, offset);
    };
  }

  @Override
  public void write(long offset, int width, long value) {
    switch (width) {
      case 1 -> memory.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
      case 2 -> memory.set(SHORT, offset, (short) value);
      case 4 -> memory.set(INT, offset, (int) value);
      default -> memory.set(LONG, offset, value);
    }
  }
}
