package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.block.BlockDevice;
import virtio.testkit.Shows;

/** Nobody has to come first: driver, transport, ring and config handler in each of their 24 orders. */
@ExtendWith(InFramework.class)
class ServiceOrderIT {
  private static final Combination PARTS = Combination.of("block.lguest.split.lguest");
  private static final int ORDERS = 24;

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
  @Shows("F02")
  void theDiskComesUpInEveryOrderOfItsParts() throws Exception {
    rig.machine("m0", PARTS);
    rig.device("disk0", "m0", PARTS, rig.image("disk.img", 1 << 20));
    rig.port("disk0", PARTS);
    rig.disk("disk0");
    List<List<String>> orders = orders(PARTS.bricks().subList(0, 4));
    assertThat(orders).hasSize(ORDERS);
    for (List<String> order : orders) {
      stop(order);
      for (String brick : order) {
        assertThat(rig.isOnline("disk0")).isFalse();
        rig.bundle(brick).start();
      }
      works(rig.disk("disk0"), order);
    }
  }

  private void stop(List<String> bricks) throws BundleException {
    for (String brick : bricks) {
      rig.bundle(brick).stop();
      rig.awaitOffline("disk0");
    }
  }

  private static void works(BlockDevice disk, List<String> order) throws IOException {
    byte[] written = new byte[512];
    Arrays.fill(written, (byte) order.hashCode());
    disk.write(7, written);
    byte[] read = new byte[512];
    disk.read(7, read);
    assertThat(read).as(order.toString()).isEqualTo(written);
  }

  private static List<List<String>> orders(List<String> parts) {
    if (parts.isEmpty()) {
      return List.of(List.of());
    }
    List<List<String>> orders = new ArrayList<>();
    for (String first : parts) {
      List<String> rest = new ArrayList<>(parts);
      rest.remove(first);
      for (List<String> order : orders(rest)) {
        List<String> whole = new ArrayList<>(List.of(first));
        whole.addAll(order);
        orders.add(whole);
      }
    }
    return orders;
  }
}
