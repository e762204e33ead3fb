package virtio.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @Test
  void defaults() {
    Settings settings = Settings.of(Map.of());
    assertThat(settings).isEqualTo(new Settings("q0", "qemu-system-x86_64", Board.Q35, "", 64 << 20, List.of(), List.of(), List.of(), List.of(), List.of(),
        List.of(), Map.of(), 1000));
    assertThat(Settings.of(Map.of("machine", "virt,gic-version=2"))).extracting(Settings::binary, Settings::options)
        .containsExactly("qemu-system-aarch64", ",gic-version=2");
  }

  @Test
  void listsMayBeArraysCollectionsOrOneText() {
    assertThat(Settings.of(Map.of("device", new String[] {"a", " b "})).devices()).containsExactly("a", "b");
    assertThat(Settings.of(Map.of("device", List.of("a", ""))).devices()).containsExactly("a");
    assertThat(Settings.of(Map.of("device", "a,b")).devices()).containsExactly("a,b");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"name|a b|letters", "memory|15M|16M to 2G", "memory|3G|16M to 2G", "memory|x|16M to 2G",
      "memory|16777217|16M to 2G", "machine|pc|q35, virt", "deadline|0|1 to 600000", "drives|/a,b|FILE,NAME=VALUE",
      "firmware|x|PATH=VALUE", "firmware|=x|PATH=VALUE", "drives|/a,readonly=yes|readonly=on", "drives|/a,format=Q!|format=raw"})
  void badValuesAreNamed(String property, String value, String allowed) {
    assertThatThrownBy(() -> Settings.of(Map.of(property, value))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(property + "=" + value).hasMessageContaining("; allowed: " + allowed);
  }

  @Test
  void aDriveIsAFileAndOptions() {
    Drive drive = Drive.parse("/a,,b.qcow2,readonly=on,addr=04.0,blockdev.file.locking=off,num-queues=2");
    assertThat(drive).isEqualTo(new Drive(Path.of("/a,b.qcow2"), "qcow2", true, List.of("file.locking=off"),
        List.of("addr=04.0", "num-queues=2")));
    assertThat(drive.arguments(3)).containsExactly("-blockdev",
        "driver=qcow2,node-name=drive3,discard=unmap,read-only=on,file.driver=file,file.filename=/a,,b.qcow2,file.locking=off",
        "-device", "virtio-blk-pci,id=disk3,drive=drive3,disable-legacy=on,addr=04.0,num-queues=2");
    assertThat(Drive.parse("/a.img")).isEqualTo(new Drive(Path.of("/a.img"), "raw", false, List.of(), List.of()));
    assertThat(Drive.parse("/a.img,format=qcow2").format()).isEqualTo("qcow2");
  }
}
