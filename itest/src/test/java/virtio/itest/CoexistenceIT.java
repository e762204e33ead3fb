package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.testkit.Shows;

/** Transports that know nothing of each other, in one container: beside one another, and without one another. */
@ExtendWith(InFramework.class)
class CoexistenceIT {
  private static final int ROUNDS = 5;

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

  /** One of each transport and ring, with a device of ours where there is one. */
  private static List<Combination> ofEachTransportAndRing() {
    Map<String, Combination> chosen = new LinkedHashMap<>();
    Bundles.combinations().stream().sorted().map(Combination::of).sorted(Comparator.comparing(Combination::real))
        .forEach(parts -> chosen.putIfAbsent(parts.transport() + "." + parts.ring(), parts));
    return List.copyOf(chosen.values());
  }

  @Test
  @Shows("F51")
  void severalTransportsAndBothRingsCarryDataAtTheSameTime() throws Exception {
    List<Combination> combinations = ofEachTransportAndRing();
    assertThat(combinations).extracting(Combination::transport).contains("lguest", "pci");
    assertThat(combinations).extracting(Combination::ring).contains("split", "socket");
    List<InUse> used = new ArrayList<>();
    for (Combination parts : combinations) {
      InUse device = InUse.of(parts, rig, "m" + used.size());
      device.up();
      used.add(device);
    }
    for (InUse device : used) {
      device.exchange(1);
    }
    CyclicBarrier together = new CyclicBarrier(used.size());
    ExecutorService threads = Executors.newFixedThreadPool(used.size());
    try {
      List<Callable<Void>> work = used.stream().<Callable<Void>>map(device -> () -> {
        for (int round = 2; round < 2 + ROUNDS; round++) {
          together.await(60, TimeUnit.SECONDS);
          device.exchange(round);
        }
        return null;
      }).toList();
      for (Future<Void> each : threads.invokeAll(work)) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
    for (InUse device : used) {
      device.check();
    }
  }

  @Test
  @Shows("F50")
  void nothingOnLguestMissesPci() throws IOException, BundleException {
    for (String brick : List.of("virtio.transport.pci", "virtio.config.pci", "virtio.host.pci", "virtio.host.qemu")) {
      rig.remove(brick);
    }
    List<String> combinations = Bundles.combinations().stream().filter(glue -> Combination.of(glue).transport().equals("lguest")).toList();
    assertThat(combinations).contains("block.lguest.split.lguest", "block.lguest.socket.lguest");
    int machine = 0;
    for (String glue : combinations) {
      InUse device = InUse.of(Combination.of(glue), rig, "m" + machine++);
      device.up();
      device.exchange(machine);
      device.check();
    }
  }
}
