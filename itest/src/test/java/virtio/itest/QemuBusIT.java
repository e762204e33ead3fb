package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
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
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Outcome;
import virtio.testkit.Shows;

/** Where QEMU's disk may be: on either board, behind a port, in a slot that it is put into and taken out of. */
@ExtendWith(InFramework.class)
class QemuBusIT {
  private static final Combination PARTS = Combination.of("block.pci.split.pci");
  private static final int BYTES = 1 << 20;
  private static final int SECTOR = 512;
  private static final String ROOT_PORT = "pcie-root-port,id=port0,bus=pcie.0,chassis=1,addr=03.0";
  private static final String DISK = "virtio-blk-pci,id=hot,drive=node0,bus=port0,disable-legacy=on";

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;
  private Path image;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
    image = rig.image("disk.img", BYTES);
  }

  @AfterEach
  void end() throws Exception {
    rig.close();
  }

  /** A machine with a port, and, behind it, what is said. */
  private void machine(String board, String... behind) throws IOException {
    Map<String, Object> properties = new HashMap<>();
    properties.put("machine", board);
    properties.put("blockdev", "driver=raw,node-name=node0,file.driver=file,file.filename=" + image);
    String[] devices = Arrays.copyOf(new String[] {ROOT_PORT}, 1 + behind.length);
    System.arraycopy(behind, 0, devices, 1, behind.length);
    properties.put("device", devices);
    if (board.equals("q35")) {
      // Otherwise the board's ACPI tables tell who was plugged, and there is nobody to read them.
      properties.put("arguments", new String[] {"-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"});
    }
    rig.qemu("q0", properties);
    rig.port("disk0", PARTS);
  }

  private void carries(BlockDevice disk, long seed) throws IOException {
    byte[] written = new byte[BYTES];
    new Random(seed).nextBytes(written);
    disk.write(0, written);
    disk.flush();
    byte[] back = new byte[BYTES];
    disk.read(0, back);
    assertThat(Arrays.equals(back, written)).isTrue();
    assertThat(Arrays.equals(Files.readAllBytes(image), written)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"q35", "virt"})
  void aDiskOnTheRootBusWorks(String board) throws IOException {
    rig.qemu("q0", Map.of("machine", board, "drives", image + ",format=raw"));
    rig.port("disk0", PARTS);
    carries(rig.disk("disk0"), 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"q35", "virt"})
  void aDiskBehindAPortWorks(String board) throws IOException {
    machine(board, DISK);
    carries(rig.disk("disk0"), 2);
    assertThat(rig.port("disk0").orElseThrow().device().name()).startsWith("q0/0000:01:00.0");
  }

  @Test
  @Shows("F11")
  void aDiskIsPutInAndTakenOutWhileTheMachineRuns() throws Exception {
    machine("q35");
    for (int round = 0; round < 2; round++) {
      rig.awaitOffline("disk0");
      plug();
      carries(rig.disk("disk0"), round);
      qmp("{\"execute\": \"device_del\", \"arguments\": {\"id\": \"hot\"}}");
      rig.awaitOffline("disk0");
      Await.until(() -> !devices().contains("\"hot\""), () -> "QEMU still has it: " + devices());
    }
  }

  /** A write that was not acknowledged has not happened, and one that was stands in the image: nothing is in between. */
  @Test
  @Shows("F11")
  void aDiskThatIsTakenOutUnderWritesLosesNone() throws Exception {
    machine("q35", DISK);
    BlockDevice disk = rig.disk("disk0");
    Deque<BlockRequest> out = new ArrayDeque<>();
    List<BlockRequest> all = new ArrayList<>();
    int sectors = BYTES / SECTOR;
    boolean asked = false;
    for (int sector = 0; sector < sectors && (out.isEmpty() || out.getLast().outcome() != Outcome.DEVICE_GONE); sector++) {
      byte[] written = new byte[SECTOR];
      Arrays.fill(written, (byte) (sector % 255 + 1));
      BlockRequest request = disk.request().write(sector, MemorySegment.ofArray(written));
      if (!disk.submit(request)) {
        break;
      }
      out.add(request);
      all.add(request);
      if (!asked && sector > sectors / 4) {
        asked = qmp("{\"execute\": \"device_del\", \"arguments\": {\"id\": \"hot\"}}").contains("{}");
      }
      if (out.size() == 16) {
        // Slowly: the transport has to see the button while writes go on.
        BlockRequest oldest = out.removeFirst();
        Await.until(() -> oldest.outcome() != Outcome.PENDING, () -> "a write that never ends");
        LockSupport.parkNanos(2_000_000);
      }
    }
    rig.awaitOffline("disk0");
    Await.until(() -> !devices().contains("\"hot\""), () -> "QEMU still has it: " + devices());
    Await.until(() -> all.stream().noneMatch(request -> request.outcome() == Outcome.PENDING), () -> "writes that never end");
    byte[] image = Files.readAllBytes(this.image);
    for (int sector = 0; sector < all.size(); sector++) {
      Outcome outcome = all.get(sector).outcome();
      assertThat(outcome).as("sector " + sector).isIn(Outcome.OK, Outcome.DEVICE_GONE);
      assertThat(image[sector * SECTOR] & 0xFF).as("sector " + sector).isEqualTo(outcome == Outcome.OK ? sector % 255 + 1 : 0);
    }
  }

  private void plug() throws Exception {
    Await.until(this::pluggedIn, () -> "not plugged in");
  }

  /** False as long as there is no machine. */
  private boolean pluggedIn() {
    return qmp("{\"execute\": \"device_add\", \"arguments\": {\"driver\": \"virtio-blk-pci\", \"id\": \"hot\", \"drive\": \"node0\", "
        + "\"bus\": \"port0\", \"disable-legacy\": \"on\"}}").contains("{}");
  }

  private String devices() {
    return qmp("{\"execute\": \"qom-list\", \"arguments\": {\"path\": \"/machine/peripheral\"}}");
  }

  private String qmp(String command) {
    return new Shell(context).qmp("q0", command);
  }
}
