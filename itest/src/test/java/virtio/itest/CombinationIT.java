package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.block.BlockDevice;
import virtio.bus.Bus;
import virtio.testkit.Shows;

/** Every combination that is built, in a live container: picked by configuration, taken apart and put together again while in use. */
@ExtendWith(InFramework.class)
class CombinationIT {
  private static final int BYTES = 4 << 20;
  private static final int SECTOR = 512;
  private static final int PIECE = 128 << 10;

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;
  private Path image;
  private Configuration served;
  private Configuration port;

  static List<String> combinations() {
    return Bundles.combinations().stream().filter(name -> name.startsWith("block.")).toList();
  }

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
    image = rig.image("disk.img", BYTES);
  }

  @AfterEach
  void end() throws Exception {
    rig.close();
  }

  private void up(Combination parts) throws IOException {
    served = rig.served("m0", "disk0", parts, image);
    port = rig.port("disk0", parts);
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void carriesDataToTheImageAndBack(String glue) throws IOException {
    up(Combination.of(glue));
    byte[] written = write(rig.disk("disk0"), 1);
    assertThat(read(rig.disk("disk0"))).isEqualTo(written);
    assertThat(Files.readAllBytes(image)).isEqualTo(written);
  }

  @ParameterizedTest
  @MethodSource("combinations")
  @Shows("F39")
  void bothSidesSawTheSameStatusWalk(String glue) throws IOException {
    up(Combination.of(glue));
    rig.disk("disk0");
    Bus bus = context.getService(context.getServiceReference(Bus.class));
    assertThat(rig.port("disk0").orElseThrow().device().statuses()).containsExactly(0, 1, 3, 11, 15);
    if (Combination.of(glue).real()) {
      assertThat(bus.served()).isEmpty();
      return;
    }
    assertThat(bus.served()).singleElement().satisfies(face -> {
      assertThat(face.owner()).isEqualTo("disk0");
      assertThat(face.statuses()).containsExactly(0, 1, 3, 11, 15);
    });
  }

  @ParameterizedTest
  @MethodSource("combinations")
  @Shows("F02")
  void eachOfItsBricksMayGoAndComeBack(String glue) throws IOException, BundleException {
    Combination parts = Combination.of(glue);
    up(parts);
    byte[] written = write(rig.disk("disk0"), 2);
    for (String brick : parts.bricks()) {
      String location = rig.remove(brick);
      rig.awaitOffline("disk0");
      rig.add(location);
      assertThat(read(rig.disk("disk0"))).as(brick + " removed and added").isEqualTo(written);
      written = write(rig.disk("disk0"), brick.hashCode());
    }
    assertThat(Files.readAllBytes(image)).isEqualTo(written);
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void followsItsConfiguration(String glue) throws IOException {
    Combination parts = Combination.of(glue);
    up(parts);
    byte[] written = write(rig.disk("disk0"), 3);

    Rig.change(port, "glue.target", "(virtio.glue=there.is.no.such)");
    rig.awaitOffline("disk0");
    rig.awaitState("disk0", "there.is.no.such");
    Rig.change(port, "glue.target", "(virtio.glue=" + glue + ")");
    assertThat(read(rig.disk("disk0"))).isEqualTo(written);

    // Who makes the queue is the device here, and the driver where the device is QEMU's.
    Rig.change(parts.real() ? port : served, "queue.size", "16");
    Await.until(() -> queueSize() == 16, () -> "queue size " + queueSize() + ": " + rig.state("disk0"));
    assertThat(read(rig.disk("disk0"))).isEqualTo(written);
  }

  private int queueSize() {
    return rig.port("disk0").filter(port -> port.online() && port.device() != null && !port.device().queues().isEmpty())
        .map(port -> port.device().queues().getFirst().size()).orElse(0);
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void leavesNothingBehind(String glue) throws Exception {
    Combination parts = Combination.of(glue);
    // Once to the end first, so that what a brick or the container makes once and for all is no finding.
    use(parts);
    Await.until(() -> Traces.processes().isEmpty(), () -> "still running: " + Traces.processes());
    Set<Long> threads = Traces.living();
    List<String> mappings = mappings(parts);
    Set<String> services = Traces.services(context);
    use(parts);
    Await.until(() -> Traces.services(context).equals(services), () -> services + " became " + Traces.services(context));
    Await.until(() -> mappings(parts).size() <= mappings.size(), () -> mappings + " became " + Traces.mappings());
    Await.until(() -> Traces.processes().isEmpty(), () -> "still running: " + Traces.processes());
    Await.until(() -> Traces.threads(threads).isEmpty(), () -> "still running: " + Traces.threads(threads));
    stopAndStartAll(parts);
  }

  /** What QEMU shares with us is unmapped when nobody can reach it any more, and who can is known when garbage is collected. */
  private static List<String> mappings(Combination parts) {
    if (parts.real()) {
      System.gc();
    }
    return Traces.mappings();
  }

  /** One life of a machine, a disk and a port, in a rig of its own. */
  private void use(Combination parts) throws Exception {
    try (Rig own = new Rig(context, admin)) {
      own.served("m1", "disk1", parts, own.image("disk.img", BYTES));
      own.port("disk1", parts);
      write(own.disk("disk1"), 4);
    }
  }

  /** With the bricks themselves stopped nothing of theirs may run at all. */
  private void stopAndStartAll(Combination parts) throws BundleException {
    List<Bundle> ours = Arrays.stream(context.getBundles()).filter(Traces::ours).toList();
    for (Bundle bundle : ours) {
      bundle.stop();
    }
    try {
      Await.until(() -> Traces.threads(Set.of()).stream().noneMatch(name -> name.matches("(virtio|lguest|qemu).*")),
          () -> "still running: " + Traces.threads(Set.of()));
      Await.until(() -> mappings(parts).isEmpty(), () -> "still mapped: " + Traces.mappings());
      assertThat(Traces.processes()).isEmpty();
      assertThat(Traces.services(context)).isEmpty();
    } finally {
      for (Bundle bundle : ours) {
        bundle.start();
      }
    }
  }

  private static byte[] write(BlockDevice disk, long seed) throws IOException {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    for (int at = 0; at < BYTES; at += PIECE) {
      disk.write(at / SECTOR, Arrays.copyOfRange(bytes, at, at + PIECE));
    }
    disk.flush();
    return bytes;
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
