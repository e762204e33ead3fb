package virtio.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowPartTest {
  private final List<String> log = new ArrayList<>();
  private final Window whole = new Window() {
    @Override
    public long size() {
      return 0x100;
    }

    @Override
    public long read(long offset, int width) {
      log.add("read " + offset + " " + width);
      return 7;
    }

    @Override
    public void write(long offset, int width, long value) {
      log.add("write " + offset + " " + width + " " + value);
    }

    @Override
    public void post(long offset, int width, long value) {
      log.add("post " + offset + " " + width + " " + value);
    }

    @Override
    public Signal doorbell(long offset, int width, long value) {
      return position -> log.add("ring " + offset + " " + width + " " + value);
    }
  };

  @Test
  void hasOffsetsOfItsOwn() {
    Window part = whole.part(0x40, 8);
    assertThat(part.size()).isEqualTo(8);
    assertThat(part.read(4, 4)).isEqualTo(7);
    part.write(0, 8, 1);
    part.post(6, 2, 2);
    part.doorbell(2, 2, 3).raise(0);
    part.part(4, 4).write(3, 1, 4);
    assertThat(log).containsExactly("read 68 4", "write 64 8 1", "post 70 2 2", "ring 66 2 3", "write 71 1 4");
  }

  @ParameterizedTest
  @CsvSource({"-1, 1", "8, 1", "7, 2", "5, 4", "1, 8", "0x7FFFFFFFFFFFFFFF, 1"})
  void nothingOutsideIsTouched(String at, int width) {
    long offset = Long.decode(at);
    Window part = whole.part(0x40, 8);
    assertThatThrownBy(() -> part.read(offset, width)).isInstanceOf(IndexOutOfBoundsException.class).hasMessageContaining("offset=" + offset);
    assertThatThrownBy(() -> part.write(offset, width, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> part.post(offset, width, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> part.doorbell(offset, width, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(log).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"-1, 8", "0xF9, 8", "0x101, 0", "0, 0x101", "8, -1"})
  void liesInsideOrIsNone(String begin, String size) {
    assertThatThrownBy(() -> whole.part(Long.decode(begin), Long.decode(size))).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
