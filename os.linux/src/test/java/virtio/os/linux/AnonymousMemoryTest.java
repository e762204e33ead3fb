package virtio.os.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class AnonymousMemoryTest {
  @Test
  void isZeroedAlignedAndTheArenas() throws Exception {
    MemorySegment memory;
    try (Arena arena = Arena.ofShared()) {
      memory = AnonymousMemory.map(3L << 30, arena);
      assertThat(memory.byteSize()).isEqualTo(3L << 30);
      assertThat(memory.address() % 4096).isZero();
      assertThat(memory.get(ValueLayout.JAVA_LONG, (3L << 30) - 8)).isZero();
      memory.set(ValueLayout.JAVA_LONG, (3L << 30) - 8, 42);
      assertThat(memory.get(ValueLayout.JAVA_LONG, (3L << 30) - 8)).isEqualTo(42);
    }
    MemorySegment closed = memory;
    assertThatThrownBy(() -> closed.get(ValueLayout.JAVA_LONG, 0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void noBytesAreRefused() {
    assertThatThrownBy(() -> AnonymousMemory.map(0, Arena.ofAuto())).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bytes=0");
  }
}
