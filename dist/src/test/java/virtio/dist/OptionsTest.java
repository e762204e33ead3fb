package virtio.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {
  @TempDir
  Path folder;

  @Test
  void withoutWordsTheShellOpens() {
    Options options = Options.parse();

    assertThat(options.mode()).isEqualTo(Options.Mode.SHELL);
    assertThat(options.glue()).isEmpty();
    assertThat(options.image()).isEmpty();
  }

  @Test
  void anImageIsReadOnlyUnlessWriteIsGiven() throws IOException {
    String image = Files.createFile(folder.resolve("a.img")).toString();

    assertThat(Options.parse("--image", image).write()).isFalse();
    assertThat(Options.parse("--image", image, "--write").write()).isTrue();
  }

  @Test
  void checkHandsItsOptionsToTheCommand() throws IOException {
    Path image = Files.createFile(folder.resolve("it's \\ odd.img"));

    assertThat(Options.parse("check", "--all").command()).isEqualTo("virtio:check --all");
    assertThat(Options.parse("check", "--glue", "a.b.c.d", "--sabotage").command()).isEqualTo("virtio:check --glue a.b.c.d --sabotage");
    assertThat(Options.parse("check", "--image", image.toString()).command()).isEqualTo("virtio:check --image '" + folder + "/it'\\''s \\ odd.img'");
  }

  @Test
  void execTakesOneCommand() {
    assertThat(Options.parse("exec", "status disk0").command()).isEqualTo("status disk0");
  }

  @Test
  void aMachineStandsForItsCombination() {
    assertThat(Options.parse("--machine", "qemu").glue()).contains("block.pci.split.pci");
    assertThat(Options.parse("--machine", "lguest").glue()).contains("block.lguest.split.lguest");
    assertThat(Options.parse("--machine", "qemu", "--glue", "block.pci.packed.pci").glue()).contains("block.pci.packed.pci");
    assertThat(Options.parse("exec", "--machine", "qemu", "ports").glue()).contains("block.pci.split.pci");
    assertThat(Options.parse("check", "--machine", "qemu").command()).isEqualTo("virtio:check --glue block.pci.split.pci");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "--nothing | unknown option --nothing",
      "nothing | unknown argument 'nothing'",
      "--all | --all belongs to: virtio check",
      "--glue | --glue needs a value",
      "--glue --write | --glue needs a value",
      "--write | --write needs --image FILE",
      "check --all --glue a.b.c.d | --all and --glue exclude each other",
      "check --all --machine qemu | --all and --machine exclude each other",
      "--machine xen | --machine xen: no such machine; there are lguest, qemu",
      "--machine | --machine needs a value",
      "--machine qemu --glue block.lguest.split.lguest | --glue block.lguest.split.lguest is not for --machine qemu",
      "--machine lguest --glue block.pci.split.pci | --glue block.pci.split.pci is not for --machine lguest",
      "check --write | --write does not go with check, which only reads your image",
      "check more | unknown argument 'more'",
      "exec | exec takes one command, in quotes",
      "exec ports more | exec takes one command, in quotes",
      "--image /no/such/file | --image /no/such/file: no such file",
      "--image / | --image /: not a regular file",
      "--glue net.lguest.split.lguest --image / | --image /: not a regular file",
      "--glue net.lguest.split.lguest --image pom.xml | --image belongs to a disk (--glue block...)",
      "--tap t0 | --tap belongs to a card (--glue net...)",
      "--glue pipe.lguest.split.tlv --tap t0 | --tap belongs to a card (--glue net...)",
      "check --glue net.lguest.split.lguest --tap t0 | --tap belongs to a card (--glue net...)"})
  void whatIsWrongIsSaidInOneLine(String words, String message) {
    assertThatThrownBy(() -> Options.parse(words.split(" "))).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }
}
