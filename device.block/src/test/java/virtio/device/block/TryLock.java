package virtio.device.block;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A process that wants to write an image. */
final class TryLock {
  static final int FREE = 0;
  static final int LOCKED = 3;

  private TryLock() {}

  public static void main(String[] arguments) throws Exception {
    try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE)) {
      System.exit(channel.tryLock() == null ? LOCKED : FREE);
    }
  }
}
