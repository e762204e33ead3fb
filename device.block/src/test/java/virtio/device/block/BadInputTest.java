package virtio.device.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.block.BlockDevice;
import virtio.testkit.Await;
import virtio.testkit.LogLines;

/** Each trouble is one line that names the device, the property, its value and what is allowed; a correction heals it. */
@Timeout(60)
class BadInputTest {
  @TempDir
  Path directory;

  private Path image() {
    return directory.resolve("disk0.img");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "queue.size | 3 | queue.size=3 (a power of two, 2 to 32768)",
      "queue.size | much | queue.size=much (2 to 32768)",
      "blk.size | 300 | blk.size=300 (512 to 65536)",
      "blk.size | 1000 | blk.size=1000 (a power of two, 512 to 65536)",
      "size | 1000 | size=1000 (a multiple of 512 bytes; 64M, 1.5G and 67108864 are good)",
      "readonly | perhaps | readonly=perhaps (true or false)",
      "faces | lguest | faces=lguest (transport.ring.config, as in lguest.split.lguest)",
      "faces | '' | faces= (at least one, as in lguest.split.lguest)",
      "serial | 123456789012345678901 | serial=123456789012345678901 (ASCII, at most 20 characters)",
      "seg.max | 0 | seg.max=0 (1 to 32766)",
      "image | '' | image= (the path of a file)"
  })
  void aPropertyOutOfRange(String property, String value, String line) throws Exception {
    Image.create(image(), 1 << 20);
    try (LogLines log = new LogLines("virtio.device.block"); Rig rig = new Rig(image())) {
      rig.serve(property, value);
      assertThat(log.lines()).containsExactly("virtio.device.block disk0: " + line);
      assertThat(rig.bus.served()).isEmpty();
      rig.device.modified(rig.device());
      assertThat(log.lines()).hasSize(1);
      assertThat(Await.that(Rig.LIMIT, () -> rig.bus.served().size() == 1)).isTrue();
    }
  }

  @Test
  void aMissingImageIsHealedByItsSize() throws Exception {
    try (LogLines log = new LogLines("virtio.device.block"); Rig rig = new Rig(image()).serve().attach()) {
      assertThat(log.lines()).containsExactly("virtio.device.block disk0: image=" + image()
          + " missing (an existing file; or give size, to make one)");
      rig.device.modified(rig.device("size", "1.5M"));
      rig.disk().write(0, new byte[512]);
      assertThat(Files.size(image())).isEqualTo(3 << 19);
    }
  }

  @Test
  void anImageOfNoWholeSectors() throws Exception {
    Files.write(image(), new byte[700]);
    try (LogLines log = new LogLines("virtio.device.block"); Rig rig = new Rig(image()).serve().attach()) {
      assertThat(log.lines()).containsExactly("virtio.device.block disk0: image=" + image() + " size=700 bytes (a multiple of 512)");
      Files.write(image(), new byte[1024]);
      rig.device.modified(rig.device());
      assertThat(rig.disk().capacity()).isEqualTo(2);
    }
  }

  @Test
  void aSecondDeviceOnTheImageIsRefusedAndTheFirstKeepsItsLock() throws Exception {
    Image.create(image(), 1 << 20);
    try (LogLines log = new LogLines("virtio.device.block"); Rig rig = new Rig(image()).serve(); Rig second = new Rig(image())) {
      second.serve();
      assertThat(log.lines()).containsExactly("virtio.device.block disk0: image=" + image()
          + " in use by another device here (one device for each image)");
      assertThat(lockedForOthers()).isTrue();
      rig.device.close();
      second.device.modified(second.device());
      assertThat(log.lines()).hasSize(1);
      assertThat(second.bus.served()).hasSizeLessThanOrEqualTo(1);
      assertThat(second.attach().disk().capacity()).isEqualTo(2048);
    }
  }

  /** Asks another process, because locks do not exclude within one. */
  private boolean lockedForOthers() throws Exception {
    List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow(), "-cp",
        System.getProperty("java.class.path"), TryLock.class.getName(), image().toString()));
    return new ProcessBuilder(command).inheritIO().start().waitFor() == TryLock.LOCKED;
  }

  @Test
  void aBadChangeLeavesWhatIsServed() throws Exception {
    try (LogLines log = new LogLines("virtio.device.block"); Rig rig = new Rig(image()).serve("size", "1M").attach()) {
      BlockDevice disk = rig.disk();
      rig.device.modified(rig.device("queue.size", "5"));
      assertThat(log.lines()).hasSize(1);
      rig.device.modified(rig.device("image", image().resolveSibling("none/other.img").toString()));
      assertThat(log.lines()).hasSize(2);
      assertThat(rig.disk()).isSameAs(disk);
      disk.write(0, new byte[512]);
      rig.device.modified(rig.device("size", "2M"));
      assertThat(Await.that(Rig.LIMIT, () -> rig.disk().capacity() == 4096)).isTrue();
    }
  }
}
