package virtio.device.block;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Data for tests: what is sent, and what a file holds when it is opened by other means. */
final class Bytes {
  private Bytes() {}

  static byte[] random(int count, long seed) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  static byte[] stored(Path image, long position, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    try (SeekableByteChannel channel = Files.newByteChannel(image)) {
      channel.position(position);
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
        continue;
      }
    }
    return bytes.array();
  }
}
