package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
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
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.bus.Bus;
import virtio.bus.Port;
import virtio.testkit.Shows;

/** Every combination that is built, in a live container: picked by configuration, taken apart and put together again while in use. */
@ExtendWith(InFramework.class)
class CombinationIT {
  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;
  private InUse used;

  static List<String> combinations() {
    return Bundles.combinations();
  }

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
  }

  @AfterEach
  void end() throws Exception {
    rig.close();
  }

  private void up(String glue) throws IOException {
    used = InUse.of(Combination.of(glue), rig, "m0");
    used.up();
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void carriesDataBothWays(String glue) throws IOException {
    up(glue);
    used.exchange(1);
    used.check();
  }

  @ParameterizedTest
  @MethodSource("combinations")
  @Shows("F39")
  void bothSidesSawTheSameStatusWalk(String glue) throws IOException {
    up(glue);
    used.exchange(1);
    Bus bus = context.getService(context.getServiceReference(Bus.class));
    for (String port : used.ports()) {
      assertThat(rig.port(port).orElseThrow().device().statuses()).containsExactly(0, 1, 3, 11, 15);
    }
    if (Combination.of(glue).real()) {
      assertThat(bus.served()).isEmpty();
      return;
    }
    assertThat(bus.served()).hasSameSizeAs(used.ports())
        .allSatisfy(face -> assertThat(face.statuses()).containsExactly(0, 1, 3, 11, 15));
    assertThat(bus.served()).extracting(Bus.DeviceReport::owner).containsExactlyInAnyOrderElementsOf(used.ports());
  }

  @ParameterizedTest
  @MethodSource("combinations")
  @Shows("F02")
  void eachOfItsBricksMayGoAndComeBack(String glue) throws IOException, BundleException {
    up(glue);
    used.exchange(2);
    for (String brick : Combination.of(glue).bricks()) {
      String location = rig.remove(brick);
      used.ports().forEach(rig::awaitOffline);
      rig.add(location);
      used.exchange(brick.hashCode());
    }
    used.check();
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void followsItsConfiguration(String glue) throws IOException {
    up(glue);
    used.exchange(3);
    String port = used.ports().getFirst();

    Rig.change(used.port(), "glue.target", "(virtio.glue=there.is.no.such)");
    rig.awaitOffline(port);
    rig.awaitState(port, "there.is.no.such");
    Rig.change(used.port(), "glue.target", "(virtio.glue=" + glue + ")");
    used.exchange(4);

    if (used.sizes() == null) {
      return;
    }
    // Who makes the queue is the device here, and the driver where the device is QEMU's.
    Rig.change(used.sizes(), "queue.size", "16");
    Await.until(() -> queueSize() == 16, () -> "queue size " + queueSize() + ": " + rig.state(port));
    used.exchange(5);
  }

  private int queueSize() {
    return used.ports().stream().flatMap(name -> rig.port(name).stream()).filter(Port::online).map(Port::device).filter(Objects::nonNull)
        .filter(device -> !device.queues().isEmpty()).mapToInt(device -> device.queues().getFirst().size()).min().orElse(0);
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

  /** One life of a machine, devices and ports, in a rig of its own. */
  private void use(Combination parts) throws Exception {
    try (Rig own = new Rig(context, admin)) {
      InUse one = InUse.of(parts, own, "m1");
      one.up();
      one.exchange(6);
    }
  }

  /** With the bricks themselves stopped nothing of theirs may run at all. */
  private void stopAndStartAll(Combination parts) throws BundleException {
    List<Bundle> ours = Arrays.stream(context.getBundles()).filter(Traces::ours).toList();
    for (Bundle bundle : ours) {
      bundle.stop();
    }
    try {
      Await.until(() -> Traces.threads(Set.of()).stream().noneMatch(name -> name.matches("(virtio|lguest|pci|qemu).*")),
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
}
