package virtio.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.testkit.Shows;

/** What descriptors gain over frames: the same driver, loop and device, 4 KiB reads, 32 at a time. */
@Timeout(120)
class SplitBesideSocketTest {
  private static final int DEPTH = 32;
  private static final int TURNS = 12;
  private static final long SPAN = TimeUnit.MILLISECONDS.toNanos(250);

  @TempDir
  Path folder;

  private Path image(String name) throws IOException {
    Path image = folder.resolve(name);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(16 << 20);
    }
    return image;
  }

  /** In turns, so that both meet the same machine; the best turn of each counts, as all else is somebody else's. */
  @Test
  @Shows("F57")
  void theSplitRingIsAtLeastAsFast() throws IOException {
    try (PluggedDisk split = PluggedDisk.split(image("split")); PluggedDisk socket = PluggedDisk.socket(image("socket"))) {
      double descriptors = 0;
      double frames = 0;
      for (int turn = 0; turn < TURNS; turn++) {
        descriptors = Math.max(descriptors, rate(split));
        frames = Math.max(frames, rate(socket));
      }
      assertThat(frames).as("requests per second over the socket ring").isPositive();
      assertThat(descriptors).as("requests per second over the split ring").isGreaterThanOrEqualTo(frames);
    }
  }

  private static double rate(PluggedDisk disk) throws IOException {
    try (ReadLoop loop = new ReadLoop(disk.disk(), DEPTH)) {
      long start = System.nanoTime();
      long reads = loop.run(ReadLoop.lasting(SPAN));
      return reads * 1e9 / (System.nanoTime() - start);
    }
  }
}
