package virtio.os.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparseFileTest {
  private static final int MEGABYTE = 1 << 20;

  @TempDir
  Path folder;

  @Test
  void aHoleReadsAsZeroesAndTakesNoRoom() throws IOException {
    Path path = written(4 * MEGABYTE);
    try (SparseFile file = SparseFile.open(path)) {
      assumeTrue(file.supported(), "this file system knows no holes");
      long before = file.allocated();
      assertThat(before).isGreaterThanOrEqualTo(4 * MEGABYTE);

      assertThat(file.punchHole(MEGABYTE, 2 * MEGABYTE)).isTrue();

      assertThat(file.allocated()).isLessThanOrEqualTo(before - 2 * MEGABYTE + 65536);
      assertContents(path, 4 * MEGABYTE, MEGABYTE, 3 * MEGABYTE);
    }
  }

  @Test
  void aHoleNeedsNoAlignment() throws IOException {
    Path path = written(MEGABYTE);
    try (SparseFile file = SparseFile.open(path)) {
      assumeTrue(file.supported(), "this file system knows no holes");
      assertThat(file.punchHole(513, 70_001)).isTrue();
      assertContents(path, MEGABYTE, 513, 70_514);
    }
  }

  @Test
  void zeroesKeepTheFilesSize() throws IOException {
    Path path = written(MEGABYTE);
    try (SparseFile file = SparseFile.open(path)) {
      assumeTrue(file.zero(4096, 65_536), "this file system zeroes no ranges");
      assertContents(path, MEGABYTE, 4096, 4096 + 65_536);
      assertThat(file.allocated()).isGreaterThanOrEqualTo(MEGABYTE);
    }
  }

  @Test
  void askingChangesNothing() throws IOException {
    Path path = written(10_000);
    try (SparseFile file = SparseFile.open(path)) {
      file.supported();
      assertContents(path, 10_000, 0, 0);
    }
  }

  @Test
  void failuresAreNamed() throws IOException {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> SparseFile.open(missing)).isInstanceOf(SystemCallException.class)
        .hasMessage("open(" + missing + "): errno=2 (No such file or directory)");
    SparseFile file = SparseFile.open(written(4096));
    assertThatThrownBy(() -> file.punchHole(-1, 1)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("offset=-1");
    assertThatThrownBy(() -> file.punchHole(0, 0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("length=0");
    file.close();
    file.close();
    assertThatThrownBy(() -> file.punchHole(0, 1)).isInstanceOf(IOException.class).hasMessageContaining("closed");
  }

  private Path written(int bytes) throws IOException {
    Path path = folder.resolve("file");
    byte[] content = new byte[bytes];
    Arrays.fill(content, (byte) 0x5A);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(content));
      channel.force(true);
    }
    return path;
  }

  /** That the file still has its size and its bytes, but for zeroes from {@code from} to before {@code to}. */
  private static void assertContents(Path path, int bytes, int from, int to) throws IOException {
    byte[] expected = new byte[bytes];
    Arrays.fill(expected, (byte) 0x5A);
    Arrays.fill(expected, from, to, (byte) 0);
    assertThat(Arrays.equals(Files.readAllBytes(path), expected)).isTrue();
  }
}
