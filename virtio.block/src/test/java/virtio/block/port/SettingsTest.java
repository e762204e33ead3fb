package virtio.block.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.AttachmentSettings;
import virtio.bus.Features;
import virtio.bus.port.PortProperties;
import virtio.bus.port.PortSettings;

class SettingsTest {
  @Test
  void whatIsNotSetHasADefault() {
    Settings settings = Settings.of(Map.of("service.pid", "virtio.block~disk0"));
    assertThat(settings).isEqualTo(new Settings(new PortSettings(AttachmentSettings.of("disk0"), Duration.ofSeconds(30),
        Duration.ofSeconds(5), Duration.ofSeconds(5), null), false));
  }

  @Test
  void textAndValuesAreTheSame() {
    Settings text = Settings.of(Map.of("name", "d", "queue.size", " 16 ",
        "deadline", "0x10", "readonly", "true", "features.mask", "0x100000002"));
    Settings values = Settings.of(Map.of("name", "d", "queue.size", 16, "deadline", 16, "readonly", true, "features.mask", "100000002"));
    assertThat(text).isEqualTo(values);
    assertThat(text.port().attachment().mask()).isEqualTo(Features.of(1, 32));
  }

  @Test
  void onlySomeChangesBindAnew() {
    Settings settings = Settings.of(Map.of("name", "d"));
    assertThat(binds(settings, Settings.of(Map.of("name", "d", "deadline", 5, "readonly", true, "grace", 7)))).isTrue();
    assertThat(binds(settings, Settings.of(Map.of("name", "d", "queue.size", 8)))).isFalse();
    assertThat(binds(settings, Settings.of(Map.of("name", "d", "features.mask", "1")))).isFalse();
    assertThat(binds(settings, Settings.of(Map.of("name", "d", "device.filter", "(a=b)")))).isFalse();
  }

  private static boolean binds(Settings before, Settings after) {
    return after.port().binds(before.port());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "queue.size | 3 | queue.size=3 (0, or a power of two from 2 to 32768)",
      "queue.size | 1 | queue.size=1 (0, or a power of two from 2 to 32768)",
      "queue.size | 65536 | queue.size=65536 (0 to 32768)",
      "deadline | 0 | deadline=0 (1 to 600000)",
      "reset.deadline | 600001 | reset.deadline=600001 (1 to 600000)",
      "drain | soon | drain=soon (1 to 600000)",
      "grace | -1 | grace=-1 (1 to 600000)",
      "readonly | yes | readonly=yes (true or false)",
      "features.mask | -1 | features.mask=-1 (hexadecimal, up to 128 bits)",
      "features.mask | 0xg | features.mask=0xg (hexadecimal, up to 128 bits)",
      "device.filter | name=x | device.filter=name=x (an LDAP filter, as in (name=m0/0))"
  })
  void whatIsOutOfRangeIsNamed(String property, String value, String message) {
    assertThatThrownBy(() -> Settings.of(Map.of("name", "d", property, value))).isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void aTargetIsShownAsItsOwnFilter() {
    assertThat(new PortProperties(Map.of("glue.target", "(virtio.glue=x)")).target()).isEqualTo("virtio.glue=x");
    assertThat(new PortProperties(Map.of()).target()).isEmpty();
    assertThat(ConfiguredPort.size(131072)).isEqualTo("64 MiB");
    assertThat(ConfiguredPort.size(1)).isEqualTo("512 B");
    assertThat(ConfiguredPort.size(0)).isEqualTo("0 B");
  }
}
