package virtio.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskImageTest {
  private static final byte[] QCOW2 = {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3};

  @TempDir
  Path folder;

  private DiskImage image(String name, byte[] bytes) throws IOException {
    return new DiskImage(Files.write(folder.resolve(name), bytes), true);
  }

  @Test
  void theFormatIsInTheFirstBytes() throws IOException {
    assertThat(image("a.img", QCOW2).format()).isEqualTo("qcow2");
    assertThat(image("b.img", new byte[512]).format()).isEqualTo("raw");
    assertThat(image("c", new byte[1]).format()).isEqualTo("raw");
  }

  @Test
  void aNameThatSaysTheFormatIsBelieved() throws IOException {
    assertThat(image("a.raw", QCOW2).format()).isEqualTo("raw");
    assertThat(image("a.qcow2", new byte[512]).format()).isEqualTo("qcow2");
  }

  @Test
  void aCommaInTheNameIsDoubled() throws IOException {
    DiskImage image = image("it's, odd.img", QCOW2);

    assertThat(image.drive()).isEqualTo(folder + "/it's,, odd.img,format=qcow2,readonly=on");
    assertThat(new DiskImage(image.file(), false).drive()).endsWith(",readonly=off");
  }
}
