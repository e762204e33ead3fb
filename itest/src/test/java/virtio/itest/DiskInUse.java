package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.osgi.service.cm.Configuration;
import virtio.block.BlockDevice;

/** A disk on an image. */
final class DiskInUse implements InUse {
  private static final int BYTES = 4 << 20;
  private static final int SECTOR = 512;
  private static final int PIECE = 128 << 10;

  private final Combination parts;
  private final Rig rig;
  private final String machine;
  private final String name;
  private Path image;
  private Configuration served;
  private Configuration port;
  private byte[] stored = new byte[BYTES];

  DiskInUse(Combination parts, Rig rig, String machine) {
    this.parts = parts;
    this.rig = rig;
    this.machine = machine;
    this.name = machine + "-disk";
  }

  @Override
  public void up() throws IOException {
    image = rig.image(name + ".img", BYTES);
    served = rig.served(machine, name, parts, image);
    port = rig.port(name, parts);
  }

  @Override
  public List<String> ports() {
    return List.of(name);
  }

  @Override
  public Configuration port() {
    return port;
  }

  @Override
  public Configuration sizes() {
    return parts.real() ? port : served;
  }

  @Override
  public void exchange(long seed) throws IOException {
    BlockDevice disk = rig.disk(name);
    assertThat(Arrays.equals(read(disk), stored)).as("what was written before").isTrue();
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    for (int at = 0; at < BYTES; at += PIECE) {
      disk.write(at / SECTOR, Arrays.copyOfRange(bytes, at, at + PIECE));
    }
    disk.flush();
    stored = bytes;
    assertThat(Arrays.equals(read(disk), stored)).as("what was written").isTrue();
  }

  @Override
  public void check() throws IOException {
    assertThat(Arrays.equals(Files.readAllBytes(image), stored)).as(image + " holds what was written").isTrue();
  }

  private static byte[] read(BlockDevice disk) throws IOException {
    byte[] bytes = new byte[BYTES];
    byte[] piece = new byte[PIECE];
    for (int at = 0; at < BYTES; at += PIECE) {
      disk.read(at / SECTOR, piece);
      System.arraycopy(piece, 0, bytes, at, PIECE);
    }
    return bytes;
  }
}
