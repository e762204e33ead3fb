package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.block.BlockDevice;

/** A real file system, made and judged by its own tools, goes through two ports unharmed. */
@ExtendWith(InFramework.class)
class FilesystemIT {
  private static final Combination PARTS = Combination.of("block.lguest.split.lguest");
  private static final long BYTES = 16 << 20;
  private static final int PIECE = 64 << 10;
  private static final int SECTOR = 512;

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
  }

  @AfterEach
  void end() throws Exception {
    rig.close();
  }

  @Test
  void aFileSystemIsCopiedThroughTwoPorts() throws Exception {
    Path mke2fs = Programs.require("mke2fs", "e2fsprogs");
    Path e2fsck = Programs.require("e2fsck", "e2fsprogs");
    Path source = rig.image("source.img", BYTES);
    Path target = rig.image("target.img", BYTES);
    Programs.run(mke2fs, "-q", "-F", "-t", "ext4", "-d", Reactor.root("itest", "src"), source);

    BlockDevice from = disk("from", source);
    BlockDevice to = disk("to", target);
    byte[] piece = new byte[PIECE];
    for (long at = 0; at < BYTES; at += PIECE) {
      from.read(at / SECTOR, piece);
      to.write(at / SECTOR, piece);
    }
    to.flush();

    assertThat(sha256(target)).isEqualTo(sha256(source));
    Programs.run(e2fsck, "-fn", target);
  }

  /** Each on a machine of its own. */
  private BlockDevice disk(String name, Path image) throws IOException {
    rig.machine(name, PARTS);
    rig.device(name, name, PARTS, image);
    rig.configure("virtio.block", Map.of("name", name, "glue.target", "(virtio.glue=" + PARTS.name() + ")",
        "device.filter", "(name=" + name + "/*)"));
    return rig.disk(name);
  }

  private static String sha256(Path file) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }
}
