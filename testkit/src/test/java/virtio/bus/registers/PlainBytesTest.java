package virtio.bus.registers;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlainBytesTest {
  private final MemorySegment memory = Arena.ofAuto().allocate(12).fill((byte) 0xEE);
  private final PlainBytes bytes = new PlainBytes(memory);

  @ParameterizedTest
  @CsvSource({"1, 88", "2, 8897", "4, 8897A6B5", "6, 8897A6B5C4D3", "8, 8897A6B5C4D3E2F1"})
  void anyWidthAtAnyOffsetLowestByteFirst(int width, String expected) {
    long value = 0xF1E2_D3C4_B5A6_9788L;
    bytes.put(3, width, value);
    assertThat(HexFormat.of().withUpperCase().formatHex(memory.toArray(ValueLayout.JAVA_BYTE)))
        .isEqualTo("EEEEEE" + expected + "EE".repeat(9 - width));
    assertThat(bytes.get(3, width)).isEqualTo(value & -1L >>> 64 - 8 * width);
    assertThat(bytes.byteAcquire(3)).isEqualTo(0x88);
    bytes.byteRelease(3, 0x1FF);
    assertThat(bytes.get(3, 1)).isEqualTo(0xFF);
    bytes.clear(3, width);
    assertThat(bytes.get(3, width)).isZero();
    assertThat(bytes.get(3 + width, 1)).isEqualTo(0xEE);
  }
}
