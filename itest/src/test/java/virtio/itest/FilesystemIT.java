package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
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
    Optional<Path> mke2fs = program("mke2fs");
    Optional<Path> e2fsck = program("e2fsck");
    assumeTrue(mke2fs.isPresent() && e2fsck.isPresent(), "mke2fs and e2fsck are not installed (package e2fsprogs)");
    Path source = rig.image("source.img", BYTES);
    Path target = rig.image("target.img", BYTES);
    run(mke2fs.get().toString(), "-q", "-F", "-t", "ext4", "-d", Reactor.root("itest", "src").toString(), source.toString());

    BlockDevice from = disk("from", source);
    BlockDevice to = disk("to", target);
    byte[] piece = new byte[PIECE];
    for (long at = 0; at < BYTES; at += PIECE) {
      from.read(at / SECTOR, piece);
      to.write(at / SECTOR, piece);
    }
    to.flush();

    assertThat(sha256(target)).isEqualTo(sha256(source));
    run(e2fsck.get().toString(), "-fn", target.toString());
  }

  /** Each on a machine of its own. */
  private BlockDevice disk(String name, Path image) throws IOException {
    rig.machine(name, PARTS);
    rig.device(name, name, PARTS, image);
    rig.configure("virtio.block", Map.of("name", name, "glue.target", "(virtio.glue=" + PARTS.name() + ")",
        "device.filter", "(name=" + name + "/*)"));
    return rig.disk(name);
  }

  /** Also where system administrators' programs lie, which is not on everybody's path. */
  private static Optional<Path> program(String name) {
    return Stream.concat(Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin", "/sbin"))
        .map(folder -> Path.of(folder, name)).filter(Files::isExecutable).findFirst();
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(List.of(command) + ": " + said).isZero();
  }

  private static String sha256(Path file) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }
}
