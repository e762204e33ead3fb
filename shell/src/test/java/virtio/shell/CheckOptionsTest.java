package virtio.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckOptionsTest {
  @Test
  void readsWhatIsAsked(@TempDir Path folder) throws IOException {
    Path image = Files.write(folder.resolve("x y.img"), new byte[1024]);
    assertThat(CheckOptions.parse(List.of())).isEqualTo(new CheckOptions(null, false, null, false));
    assertThat(CheckOptions.parse(List.of("--all", "--sabotage"))).isEqualTo(new CheckOptions(null, true, null, true));
    assertThat(CheckOptions.parse(List.of("--glue", "a.b.c.d", "--image", image.toString())))
        .isEqualTo(new CheckOptions("a.b.c.d", false, image, false));
  }

  @Test
  void anImageIsQcow2ByItsFirstBytes(@TempDir Path folder) throws IOException {
    byte[] bytes = {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3, 1};
    Path image = Files.write(folder.resolve("x.img"), bytes);
    assertThat(CheckOptions.isQcow2(image)).isTrue();
    assertThat(CheckOptions.parse(List.of("--image", image.toString())).image()).isEqualTo(image);
    assertThat(CheckOptions.isQcow2(Files.write(folder.resolve("x.raw"), bytes))).isFalse();
    assertThat(CheckOptions.isQcow2(Files.write(folder.resolve("zeroes"), new byte[512]))).isFalse();
    assertThat(CheckOptions.isQcow2(Files.write(folder.resolve("short"), new byte[] {'Q'}))).isFalse();
  }

  @Test
  void saysWhatIsWrongAndWhatIsAllowed(@TempDir Path folder) throws IOException {
    refuses("unknown argument '--nonsense'", "--nonsense");
    refuses("--glue needs a value", "--glue");
    refuses("--glue needs a value", "--glue", "--all");
    refuses("exclude each other", "--all", "--glue", "a.b.c.d");
    refuses("a regular file that can be read", "--image", folder.resolve("nowhere").toString());
    refuses("a regular file that can be read", "--image", folder.toString());
    refuses("size=1000 (a multiple of 512, and not 0)", "--image", Files.write(folder.resolve("odd"), new byte[1000]).toString());
    refuses("size=0", "--image", Files.write(folder.resolve("empty"), new byte[0]).toString());
  }

  private static void refuses(String why, String... arguments) {
    assertThatThrownBy(() -> CheckOptions.parse(List.of(arguments))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why).satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }
}
