package stranger.config;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Little-endian numbers in memory, at any place. */
final class Registers {
  private final MemorySegment memory;

  Registers(MemorySegment memory) {
    this.memory = memory;
  }

  long get(int at, int width) {
    long value = 0;
    for (int i = width - 1; i >= 0; i--) {
      value = value << 8 | Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, at + i));
    }
    return value;
  }

  void put(int at, int width, long value) {
    for (int i = 0; i < width; i++) {
      memory.set(ValueLayout.JAVA_BYTE, at + i, (byte) (value >>> 8 * i));
    }
  }
}
