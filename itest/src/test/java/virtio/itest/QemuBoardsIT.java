package virtio.itest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.block.BlockDevice;
import virtio.testkit.Shows;

/** The same bricks on another board, behind a port, and with devices that come and go: QEMU's, over PCI, in a live container. */
@ExtendWith(InFramework.class)
class QemuBoardsIT {
  private static final int BYTES = 4 << 20;
  private static final Combination PARTS = Combination.of("block.pci.split.pci");

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;

  @BeforeEach
  void begin() throws IOException {
    Programs.require("qemu-system-x86_64", "qemu-system-x86");
    rig = new Rig(context, admin);
  }

  @AfterEach
  void end() throws Exception {
    if (rig != null) {
      rig.close();
    }
  }

  private void carries(BlockDevice disk, long seed) throws IOException {
    Pattern pattern = new Pattern(seed, BYTES);
    pattern.write(disk);
    pattern.expect(disk);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",vectors=0", ",bus=port0", ",bus=port0,vectors=0"})
  @Shows({"F43", "F49"})
  void theSameOnAnArmMachineWhoseBusesLieInMemory(String options) throws Exception {
    Programs.require("qemu-system-aarch64", "qemu-system-arm");
    Path image = rig.image("disk.img", BYTES);
    rig.qemu("q0", Map.of("machine", "virt",
        "blockdev", new String[] {"driver=raw,node-name=node0,file.driver=file,file.filename=" + image},
        "device", new String[] {"pcie-root-port,id=port0,chassis=1", "virtio-blk-pci,disable-legacy=on,drive=node0" + options}));
    rig.port("disk0", PARTS);
    carries(rig.disk("disk0"), 64);
  }

  private String qmp(String command) throws Exception {
    return new Shell(context).run("virtio:qmp q0 '" + command + "'").text();
  }

  @Test
  @Shows({"F11", "F49"})
  void aDiskIsPluggedInAndTakenOutBehindAPort() throws Exception {
    rig.qemu("q0", Map.of("blockdev", new String[] {"driver=raw,node-name=spare,file.driver=file,file.filename=" + rig.image("disk.img", BYTES)},
        "device", new String[] {"pcie-root-port,id=port0,chassis=1"}));
    rig.port("disk0", PARTS);
    rig.awaitState("disk0", "waiting");
    for (int round = 0; round < 2; round++) {
      Await.until(() -> plugged(true), () -> rig.state("disk0"));
      carries(rig.disk("disk0"), round);
      qmp("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"plugged\"}}");
      rig.awaitOffline("disk0");
      Await.until(() -> !plugged(false), () -> "QEMU still has it");
    }
  }

  /** Whether QEMU has the device; asked to, plugs it in first. */
  private boolean plugged(boolean plug) {
    try {
      if (plug) {
        qmp("{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"virtio-blk-pci\",\"drive\":\"spare\",\"id\":\"plugged\",\"bus\":\"port0\"}}");
      }
      return qmp("{\"execute\":\"qom-list\",\"arguments\":{\"path\":\"/machine/peripheral\"}}").contains("\"plugged\"");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
