package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import virtio.block.BlockDevice;

/** Bytes that a seed makes, on a disk from its first sector. */
record Pattern(long seed, int bytes) {
  private static final int PIECE = 128 << 10;
  private static final int SECTOR = 512;

  byte[] content() {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return content;
  }

  void write(BlockDevice disk) throws IOException {
    byte[] content = content();
    for (int at = 0; at < bytes; at += PIECE) {
      disk.write(at / SECTOR, Arrays.copyOfRange(content, at, at + PIECE));
    }
    disk.flush();
  }

  void expect(BlockDevice disk) throws IOException {
    byte[] found = new byte[bytes];
    byte[] piece = new byte[PIECE];
    for (int at = 0; at < bytes; at += PIECE) {
      disk.read(at / SECTOR, piece);
      System.arraycopy(piece, 0, found, at, PIECE);
    }
    assertThat(Arrays.equals(found, content())).as("the bytes of seed " + seed).isTrue();
  }
}
