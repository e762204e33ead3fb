package virtio.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DriveTest {
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"/a|/a", "/a,,b|/a,b", "/a,,|/a,", "/a,,,,|/a,,", "/a,,b,,c|/a,b,c"})
  void aDoubledCommaIsTheFilesOwn(String text, String file) {
    Drive drive = Drive.parse(text + ",format=qcow2,readonly=on,serial=s");

    assertThat(drive.file()).hasToString(file);
    assertThat(drive.format()).isEqualTo("qcow2");
    assertThat(drive.readonly()).isTrue();
    assertThat(drive.front()).containsExactly("serial=s");
  }
}
