package virtio.host.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @Test
  void nothingSaidIsTheUsual() {
    assertThat(Settings.of(Map.of())).isEqualTo(new Settings("p0", 64L << 20, 10_000));
  }

  @Test
  void everythingSaid() {
    assertThat(Settings.of(Map.of("name", "p1", "memory", "2G", "deadline", 5))).isEqualTo(new Settings("p1", 2L << 30, 5));
  }

  @ParameterizedTest
  @CsvSource({"memory,3M", "memory,4097K", "memory,2049M", "memory,abc", "name,a-b", "deadline,0"})
  void aBadValueIsNamedWithWhatIsAllowed(String property, String value) {
    assertThatThrownBy(() -> Settings.of(Map.of(property, value))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("allowed: ");
  }
}
