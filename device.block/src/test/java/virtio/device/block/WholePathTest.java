package virtio.device.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.block.BlockDevice;
import virtio.testkit.Shows;

/** From a user's call to the bytes in the image and back, through every brick but the machine. */
@Timeout(60)
class WholePathTest {
  @TempDir
  Path directory;

  @Test
  @Shows("F03")
  void aSectorGoesThereAndComesBack() throws Exception {
    Path image = directory.resolve("disk0.img");
    try (Rig rig = new Rig(image).serve("size", "4M", "serial", "12345678901234567890").attach()) {
      BlockDevice disk = rig.disk();
      assertThat(disk.capacity()).isEqualTo(8192);
      assertThat(disk.id()).isEqualTo("12345678901234567890");
      byte[] sent = new byte[512];
      new Random(1).nextBytes(sent);
      disk.write(7, sent);
      disk.flush();
      byte[] back = new byte[512];
      disk.read(7, back);
      assertThat(back).isEqualTo(sent);
      try (var channel = Files.newByteChannel(image)) {
        channel.position(7 * 512);
        java.nio.ByteBuffer stored = java.nio.ByteBuffer.allocate(512);
        channel.read(stored);
        assertThat(stored.array()).isEqualTo(sent);
      }
    }
  }
}
