package virtio.bus.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachinePropertiesTest {
  private static long memory(String text) {
    return new MachineProperties(Map.of("memory", text)).memory("8M", 4096, 1L << 30, 4096, "4K to 1G");
  }

  @ParameterizedTest
  @CsvSource({"4096,4096", "4k,4096", "1M,1048576", "1G,1073741824"})
  void memoryIsBytes(String text, long bytes) {
    assertThat(memory(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"4095", "4097", "2G", "M", "''", "-4K", "9999999999999G", "1T"})
  void whatIsNotMemoryIsNamed(String text) {
    assertThatThrownBy(() -> memory(text)).isInstanceOf(IllegalArgumentException.class).hasMessage("memory=" + text + "; allowed: 4K to 1G");
  }

  @Test
  void oneTextIsAListOfOne() {
    MachineProperties properties = new MachineProperties(Map.of("one", " a ", "two", new String[] {"a", "", "b"}, "none", "", "list",
        List.of("c", 4)));
    assertThat(properties.texts("one")).containsExactly("a");
    assertThat(properties.texts("two")).containsExactly("a", "b");
    assertThat(properties.texts("none")).isEmpty();
    assertThat(properties.texts("missing")).isEmpty();
    assertThat(properties.texts("list")).containsExactly("c", "4");
    assertThat(properties.text("one", "x")).isEqualTo("a");
    assertThat(properties.text("missing", "x")).isEqualTo("x");
  }

  @Test
  void namesAndDeadlinesHaveTheirRange() {
    assertThat(new MachineProperties(Map.of("name", "m_1.x", "deadline", 600_000)).deadline("5")).isEqualTo(600_000);
    assertThat(new MachineProperties(Map.of()).name("m0")).isEqualTo("m0");
    assertThatThrownBy(() -> new MachineProperties(Map.of("name", "a-b")).name("m0")).hasMessageStartingWith("name=a-b; allowed: ");
    assertThatThrownBy(() -> new MachineProperties(Map.of("deadline", "0")).deadline("5")).hasMessageStartingWith("deadline=0; allowed: ");
    assertThatThrownBy(() -> new MachineProperties(Map.of("deadline", "x")).deadline("5")).hasMessageStartingWith("deadline=x; allowed: ");
  }
}
