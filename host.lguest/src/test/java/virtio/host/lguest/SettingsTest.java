package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @Test
  void nothingSaidIsTheUsual() {
    assertThat(Settings.of(Map.of())).isEqualTo(new Settings("m0", 64L << 20, Layout.LGUEST, Settings.Role.BOTH, null, 1000));
  }

  @ParameterizedTest
  @CsvSource({"4M,4194304", "4096K,4194304", "2G,2147483648", "67108864,67108864", "1g,1073741824"})
  void memoryIsBytes(String text, long bytes) {
    assertThat(Settings.of(Map.of("memory", text)).memory()).isEqualTo(bytes);
  }

  @Test
  void everythingSaid() {
    assertThat(Settings.of(Map.of("name", "m1", "layout", "tlv", "role", "guest", "file", "/tmp/m1", "deadline", 5)))
        .isEqualTo(new Settings("m1", 64L << 20, Layout.TLV, Settings.Role.GUEST, Path.of("/tmp/m1"), 5));
  }

  @ParameterizedTest
  @CsvSource({"memory,3M", "memory,4097K", "memory,2049M", "memory,abc", "memory,M", "memory,-64M", "memory,9999999999999G",
      "layout,pci", "role,none", "role,host", "name,a-b", "name,''", "deadline,0", "deadline,600001", "deadline,soon"})
  void aBadValueIsNamedWithWhatIsAllowed(String property, String value) {
    assertThatThrownBy(() -> Settings.of(Map.of(property, value))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("allowed: ");
  }
}
