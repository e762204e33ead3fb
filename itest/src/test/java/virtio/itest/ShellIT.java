package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.testkit.Shows;

/** The commands say what is there. */
@ExtendWith(InFramework.class)
class ShellIT {
  private static final Combination PARTS = Combination.of("block.lguest.split.lguest");

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;
  private Shell shell;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
    shell = new Shell(context);
  }

  @AfterEach
  void end() throws Exception {
    rig.close();
  }

  private void up() throws IOException {
    up(PARTS);
  }

  private void up(Combination parts) throws IOException {
    rig.machine("m0", parts);
    rig.device("disk0", "m0", parts, rig.image("disk.img", 1 << 20));
    rig.port("disk0", parts);
    rig.disk("disk0");
  }

  @Test
  void listsDevicesPortsAndBricks() throws Exception {
    up();
    assertThat(shell.run("virtio:devices").text()).contains("lguest", "m0/0", "block device", "virtio:d00000002v00001AF4", "disk0");
    assertThat(shell.run("virtio:devices -v").text()).contains("machine=m0", "lguest.split.lguest");
    assertThat(shell.run("virtio:ports --wait 10").text()).contains("disk0", "block.lguest.split.lguest", "1 MiB");
    assertThat(shell.run("virtio:bricks").text()).contains("ring", "split", "virtio.ring.split", "transport", "host", "m0", "glue");
    assertThat(shell.run("virtio:machines").text()).contains("m0", "lguest", "memory=", "layout=lguest");
    assertThat(shell.run("virtio:problems").text()).startsWith("no problems");
  }

  @Test
  @Shows("F39")
  void showsOneDeviceFromBothSides() throws Exception {
    up();
    assertThat(shell.run("virtio:features disk0").text()).contains("driver's side", "device's side", "VERSION_1", "FLUSH", "EVENT_IDX");
    assertThat(shell.run("virtio:rings disk0").text()).contains("LIVE", "PUBLISHED");
    assertThat(shell.run("virtio:status m0/0").text()).containsSubsequence("0 ", "RESET", "1 ", "ACKNOWLEDGE", "3 ",
        "ACKNOWLEDGE DRIVER", "11 ", "FEATURES_OK", "15 ", "DRIVER_OK");
    assertThatThrownBy(() -> shell.run("virtio:status nothing")).hasMessageContaining("nothing").hasMessageContaining("disk0");
  }

  @Test
  @Shows({"F37", "F38"})
  void showsWhatTheDriverHasReadAndAcknowledged() throws Exception {
    up(Combination.of("block.lguest.split.tlv"));
    assertThat(shell.run("virtio:fields disk0").text().lines().map(line -> line.replaceAll("\\s+", " ").strip()))
        .contains("FIELD READ", "virtqueue 0 yes", "features yes", "capacity yes", "max_discard_seg no", "identity yes")
        .anyMatch(line -> line.startsWith("acknowledged: ") && line.contains("VERSION_1") && line.contains("FLUSH"));
    assertThatThrownBy(() -> shell.run("virtio:fields nothing")).hasMessageContaining("name=nothing (one of: disk0, m0/0)");
  }

  @Test
  void whereNobodySeesWhatIsReadThatIsSaid() throws Exception {
    up();
    assertThatThrownBy(() -> shell.run("virtio:fields disk0")).hasMessageContaining("no device is served whose config handler sees");
  }

  @Test
  void checkSaysOkAndLeavesNothing() throws Exception {
    Set<String> services = Traces.services(context);
    Shell.Answer answer = shell.run("virtio:check --all");
    assertThat(answer.result()).as(answer.text()).isEqualTo(0);
    assertThat(Bundles.combinations()).allSatisfy(name -> assertThat(answer.text()).contains(name + " ok, "));
    assertThat(answer.text()).contains(Bundles.combinations().size() + " combinations: ", " 0 failed");
    Await.until(() -> Traces.services(context).equals(services), () -> services + " became " + Traces.services(context));
  }

  @Test
  void checkNoticesOneWrongByte() throws Exception {
    Shell.Answer answer = shell.run("virtio:check --sabotage");
    assertThat(answer.result()).isEqualTo(1);
    assertThat(answer.text()).startsWith("block.lguest.split.lguest FAILED: ").contains("1 combinations: 0 ok, 0 skipped, 1 failed");
  }

  @Test
  void checkSkipsWhereNoMachineCanBe() throws Exception {
    rig.remove("virtio.host.lguest");
    Shell.Answer answer = shell.run("virtio:check");
    assertThat(answer.result()).isEqualTo(0);
    assertThat(answer.text()).startsWith("block.lguest.split.lguest skipped: ").contains("virtio.host.lguest",
        "1 combinations: 0 ok, 1 skipped, 0 failed");
  }

  @Test
  void checkNamesTheBrickThatIsMissing() throws Exception {
    rig.remove("virtio.ring.split");
    Shell.Answer answer = shell.run("virtio:check --glue block.lguest.split.lguest");
    assertThat(answer.result()).isEqualTo(1);
    assertThat(answer.text()).startsWith("block.lguest.split.lguest FAILED: missing ring (virtio.ring=split)");
  }

  @Test
  void checkOnlyReadsTheUsersImage() throws Exception {
    Path image = rig.image("mine.img", 0);
    byte[] content = new byte[1 << 20];
    new Random(5).nextBytes(content);
    Files.write(image, content);
    Shell.Answer answer = shell.run("virtio:check --image " + image);
    assertThat(answer.result()).as(answer.text()).isEqualTo(0);
    assertThat(Files.readAllBytes(image)).isEqualTo(content);
  }

  @Test
  void checkSaysHowItIsUsed() throws Exception {
    assertThat(shell.run("virtio:check --nonsense")).satisfies(answer -> {
      assertThat(answer.result()).isEqualTo(2);
      assertThat(answer.text()).contains("--nonsense", "--glue NAME");
    });
    assertThat(shell.run("virtio:check --glue no.such.glue.there").result()).isEqualTo(2);
  }
}
