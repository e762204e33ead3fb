package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.block.BlockDevice;

/** What a user may get wrong: each gives one line in the log, shows in the shell, and is healed by a correction, without a restart. */
@ExtendWith(InFramework.class)
class BadInputIT {
  private static final Combination PARTS = Combination.of("block.lguest.split.lguest");
  private static final int BYTES = 1 << 20;

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;
  private Said said;
  private Shell shell;
  private Path good;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
    said = Said.listen();
    shell = new Shell(context);
    good = rig.image("good.img", BYTES);
  }

  @AfterEach
  void end() throws Exception {
    said.close();
    rig.close();
  }

  private Configuration upWith(Path image) throws IOException {
    rig.machine("m0", PARTS);
    Configuration device = rig.device("disk0", "m0", PARTS, image);
    rig.port("disk0", PARTS);
    return device;
  }

  /** Said once in the log, and in the shell as well. */
  private void isSaid(String... words) throws Exception {
    assertThat(said.await(words)).as(said.lines().toString()).isEqualTo(1);
    assertThat(shell.run("virtio:problems").text()).contains(words);
  }

  private void works() throws IOException {
    BlockDevice disk = rig.disk("disk0");
    byte[] written = {1, 2, 3};
    byte[] sector = Arrays.copyOf(written, 512);
    disk.write(0, sector);
    byte[] read = new byte[512];
    disk.read(0, read);
    assertThat(read).isEqualTo(sector);
  }

  @Test
  void anImageThatIsMissing() throws Exception {
    Configuration device = upWith(rig.folder().resolve("nowhere.img"));
    isSaid("disk0", "nowhere.img", "missing");
    assertThat(shell.run("virtio:ports").text()).contains("disk0", rig.state("disk0"));
    Rig.change(device, "image", good.toString());
    works();
  }

  @Test
  void anImageThatIsNoMultipleOf512() throws Exception {
    Configuration device = upWith(rig.image("odd.img", 1000));
    isSaid("disk0", "odd.img", "1000", "512");
    Rig.change(device, "image", good.toString());
    works();
  }

  @Test
  void anImageThatMayNotBeWritten() throws Exception {
    Path image = rig.image("locked.img", BYTES);
    Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("r--r--r--"));
    boolean immutable = Files.isWritable(image) && chattr("+i", image);   // root writes whatever the permissions say
    try {
      assumeTrue(immutable || !Files.isWritable(image), "this user may write every file, and chattr +i does not work here");
      Configuration device = upWith(image);
      isSaid("disk0", "locked.img", "readonly=true");
      Rig.change(device, "readonly", "true");
      assertThat(rig.disk("disk0").readOnly()).isTrue();
    } finally {
      if (immutable) {
        chattr("-i", image);
      }
    }
  }

  private static boolean chattr(String change, Path file) throws InterruptedException {
    try {
      return new ProcessBuilder("chattr", change, file.toString()).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start().waitFor() == 0;
    } catch (IOException e) {
      return false;   // there is no chattr
    }
  }

  @Test
  void aWriteOnAReadOnlyDisk() throws Exception {
    Configuration device = upWith(good);
    rig.disk("disk0");
    Rig.change(device, "readonly", "true");
    Await.until(() -> rig.isOnline("disk0") && rig.disk("disk0").readOnly(), () -> rig.state("disk0"));
    assertThatThrownBy(() -> rig.disk("disk0").write(0, new byte[512])).isInstanceOf(IOException.class).hasMessageContaining("REFUSED");
    Rig.change(device, "readonly", "false");
    Await.until(() -> rig.isOnline("disk0") && !rig.disk("disk0").readOnly(), () -> rig.state("disk0"));
    works();
  }

  @Test
  void aCombinationThatIsNotThere() throws Exception {
    Configuration port = upAndPort();
    Rig.change(port, "glue.target", "(virtio.glue=block.lguest.split.nothing)");
    rig.awaitOffline("disk0");
    rig.awaitState("disk0", "block.lguest.split.nothing");
    isSaid("disk0", "block.lguest.split.nothing");
    assertThat(shell.run("virtio:ports").text()).contains("block.lguest.split.nothing");
    Rig.change(port, "glue.target", "(virtio.glue=" + PARTS.name() + ")");
    works();
  }

  private Configuration upAndPort() throws IOException {
    rig.machine("m0", PARTS);
    rig.device("disk0", "m0", PARTS, good);
    Configuration port = rig.port("disk0", PARTS);
    rig.disk("disk0");
    return port;
  }

  @Test
  void aBrickThatIsMissing() throws Exception {
    upAndPort();
    String location = rig.remove("virtio.ring.split");
    rig.awaitOffline("disk0");
    assertThat(shell.run("virtio:bricks").text()).contains("block.lguest.split.lguest: missing ring (virtio.ring=split)");
    assertThat(shell.run("virtio:problems").text()).contains("block.lguest.split.lguest: missing ring (virtio.ring=split)");
    rig.awaitState("disk0", "block.lguest.split.lguest");
    isSaid("disk0", "block.lguest.split.lguest");
    rig.add(location);
    works();
  }

  @Test
  void aPropertyOutOfRange() throws Exception {
    Configuration port = upAndPort();
    Rig.change(port, "queue.size", "3");
    isSaid("disk0", "queue.size=3", "power of two");
    assertThat(shell.run("virtio:ports").text()).contains("queue.size=3");
    Rig.change(port, "queue.size", "32");
    works();
  }

  @Test
  void aMachinePropertyOutOfRange() throws Exception {
    Configuration machine = rig.configure("virtio.host.lguest", Map.of("name", "m0", "memory", "7"));
    rig.device("disk0", "m0", PARTS, good);
    rig.port("disk0", PARTS);
    isSaid("memory", "7");
    Rig.change(machine, "memory", String.valueOf(32 << 20));
    works();
  }

  @Test
  void aSecondPortForOneDevice() throws Exception {
    Configuration first = upAndPort();
    rig.port("disk1", PARTS);
    rig.awaitState("disk1", "waiting");
    assertThat(shell.run("virtio:problems").text()).contains("disk1", rig.state("disk1"));
    isSaid("disk1");
    works();
    rig.delete(first);
    rig.disk("disk1");
  }
}
