package virtio.device.block;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import virtio.bus.DeviceModel;
import virtio.testkit.DeviceModelContract;

/** The block device keeps what every model must. */
class FileDiskContractTest extends DeviceModelContract {
  @TempDir
  private Path directory;
  private Image image;
  private FileDisk disk;

  @BeforeEach
  void make() throws Exception {
    Path path = directory.resolve("image");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(1 << 20);
    }
    image = Image.open(path, false);
    disk = new FileDisk("disk0", image, Layout.standard("serial"));
  }

  @AfterEach
  void close() throws IOException {
    image.close();
  }

  @Override
  protected DeviceModel model() {
    return disk;
  }
}
