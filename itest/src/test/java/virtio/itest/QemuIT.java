package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.block.BlockDevice;
import virtio.block.BlockRequest;
import virtio.bus.Bus;
import virtio.bus.Features;
import virtio.bus.Machine;
import virtio.bus.spec.FeatureBits;
import virtio.os.linux.EventFd;
import virtio.os.linux.SystemCallException;
import virtio.testkit.Trap;

/** The block driver against QEMU's own virtio-blk-pci, in whatever shape QEMU can give it: it works, or is refused by name. */
@ExtendWith(InFramework.class)
class QemuIT {
  private static final Combination PARTS = Combination.of("block.pci.split.pci");
  private static final int BYTES = 1 << 20;
  private static final int SECTOR = 512;
  private static final int PIECE = 8 << 10;
  private static final int AT_ONCE = 32;
  private static final int FLUSH = 9;
  private static final int CONFIG_WCE = 11;

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

  /** @param options of QEMU's device, commas between */
  private Configuration machine(String options) throws IOException {
    return rig.qemu("q0", Map.of("drives", image + ",format=raw" + (options.isEmpty() ? "" : "," + options)));
  }

  private Configuration port(String property, String value) throws IOException {
    return rig.configure("virtio.block",
        Map.of("name", "disk0", "glue.target", "(virtio.glue=" + PARTS.name() + ")", property, value));
  }

  private Bus.DeviceReport report() {
    return rig.port("disk0").orElseThrow().device();
  }

  /** What the bus says of each of QEMU's devices. */
  private String reports() {
    Bus bus = context.getService(context.getServiceReference(Bus.class));
    return bus.devices().stream().map(device -> device.name() + " " + device.state() + " " + device.statuses())
        .collect(Collectors.joining("; "));
  }

  private void awaitRefusal(String... words) {
    Await.until(() -> Stream.of(words).allMatch(word -> (rig.state("disk0") + reports()).contains(word)),
        () -> List.of(words) + " not in: " + rig.state("disk0") + "; " + reports());
    assertThat(rig.isOnline("disk0")).isFalse();
  }

  static Stream<String> options() {
    Stream<String> single = Stream.of("", "num-queues=1", "num-queues=4", "queue-size=4", "queue-size=128", "queue-size=1024", "event_idx=off",
        "indirect_desc=off", "packed=on", "iommu_platform=on", "vectors=0", "vectors=1", "vectors=2", "disable-legacy=off", "ioeventfd=off",
        "logical_block_size=4096,physical_block_size=4096", "config-wce=off", "write-cache=off", "discard=off,write-zeroes=off");
    Stream<String> mixed = Stream.of("queue-size=4,indirect_desc=off,event_idx=off,vectors=0", "queue-size=1024,num-queues=4,packed=on,vectors=2",
        "queue-size=4,indirect_desc=off,num-queues=4,vectors=1,iommu_platform=on", "queue-size=128,indirect_desc=off,disable-legacy=off,vectors=0");
    return Stream.concat(single, mixed);
  }

  @ParameterizedTest
  @MethodSource("options")
  @Trap("T20")
  void worksInEveryShape(String options) throws IOException {
    machine(options);
    rig.port("disk0", PARTS);
    BlockDevice disk = rig.disk("disk0");
    carries(disk);
    Bus.DeviceReport report = report();
    assertThat(report.statuses()).endsWith(15);
    for (String option : options.split(",")) {
      tookEffect(option, report);
    }
  }

  /** An option that QEMU did not heed would show nothing. */
  private static void tookEffect(String option, Bus.DeviceReport report) {
    Features offered = report.offered();
    switch (option) {
      case "event_idx=off" -> assertThat(offered.has(FeatureBits.VIRTIO_F_EVENT_IDX)).isFalse();
      case "indirect_desc=off" -> assertThat(offered.has(FeatureBits.VIRTIO_F_INDIRECT_DESC)).isFalse();
      case "packed=on" -> {
        assertThat(offered.has(FeatureBits.VIRTIO_F_RING_PACKED)).isTrue();
        assertThat(report.accepted().has(FeatureBits.VIRTIO_F_RING_PACKED)).as("used as a split ring").isFalse();
      }
      case "iommu_platform=on" -> assertThat(report.accepted().has(FeatureBits.VIRTIO_F_ACCESS_PLATFORM)).isTrue();
      case "vectors=0", "vectors=1", "vectors=2" -> assertThat(report.properties()).containsEntry("msix", option.charAt(8) - '0');
      case "disable-legacy=off" -> assertThat((int) report.properties().get("device")).as("a transitional device").isEqualTo(0x1001);
      default -> {
        if (option.startsWith("queue-size=")) {
          assertThat(report.queues().getFirst().size()).isEqualTo(Integer.parseInt(option.substring("queue-size=".length())));
        }
      }
    }
  }

  /** One by one and many at once; it is in the image, and comes back. */
  private void carries(BlockDevice disk) throws IOException {
    byte[] written = new byte[BYTES];
    new Random(BYTES).nextBytes(written);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(BYTES, SECTOR).copyFrom(MemorySegment.ofArray(written));
      List<BlockRequest> requests = new ArrayList<>();
      for (int number = 0; number < AT_ONCE; number++) {
        long at = (long) number * PIECE;
        requests.add(disk.request().write(at / SECTOR, memory.asSlice(at, PIECE)));
      }
      requests.forEach(request -> assertThat(disk.submit(request)).isTrue());
      requests.forEach(request -> Await.until(() -> over(request), () -> request.operation() + " does not end: " + rig.state("disk0")));
      assertThat(requests).allSatisfy(request -> assertThat(request.outcome()).isEqualTo(BlockRequest.Outcome.OK));
      int rest = AT_ONCE * PIECE;
      disk.write(rest / SECTOR, memory.asSlice(rest));
      disk.flush();
      MemorySegment back = arena.allocate(BYTES, SECTOR);
      disk.read(0, back);
      assertThat(back.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(written);
    }
    assertThat(Files.readAllBytes(image)).isEqualTo(written);
  }

  private static boolean over(BlockRequest request) {
    return request.outcome() != BlockRequest.Outcome.PENDING && request.outcome() != BlockRequest.Outcome.NEW;
  }

  @ParameterizedTest
  @ValueSource(strings = {"4", "128", "256"})
  void thePortMayWantASmallerQueue(String size) throws IOException {
    machine("queue-size=256");
    port("queue.size", size);
    carries(rig.disk("disk0"));
    assertThat(report().queues().getFirst().size()).isEqualTo(Integer.parseInt(size));
  }

  /** No chain may be longer than the queue, and a request's is three descriptors long at least, indirect or not. */
  @Test
  void aQueueOfTwoIsRefusedByName() throws IOException {
    machine("");
    Configuration port = port("queue.size", "2");
    awaitRefusal("queue size=2", "at least 3");
    Rig.change(port, "queue.size", "4");
    carries(rig.disk("disk0"));
  }

  @Test
  void whatQemuRefusesIsSaidInItsWordsOnce() throws IOException {
    Said said = Said.listen();
    try {
      Configuration machine = machine("queue-size=2");
      said.await("q0", "invalid queue-size property (2)");
      Rig.change(machine, "drives", image + ",format=raw");
      rig.port("disk0", PARTS);
      carries(rig.disk("disk0"));
      assertThat(said.lines()).filteredOn(line -> line.contains("machine q0")).hasSize(1);
    } finally {
      said.close();
    }
  }

  @Test
  @Trap("T12")
  void aDeviceThatInsistsOnThePlatformIsRefusedWithoutIt() throws IOException {
    machine("iommu_platform=on");
    Configuration port = port("features.mask", hexadecimal(Features.ALL.without(FeatureBits.VIRTIO_F_ACCESS_PLATFORM)));
    awaitRefusal("FEATURES_OK refused");
    Await.until(() -> reports().contains(" idle "), this::reports);
    Rig.change(port, "features.mask", hexadecimal(Features.ALL));
    carries(rig.disk("disk0"));
  }

  private static String hexadecimal(Features features) {
    return "%016x%016x".formatted(features.high(), features.low());
  }

  /** Bits that need not be there, and what depends on one goes with it. */
  static Stream<String> spared() {
    return Stream.of(Features.ALL.without(FLUSH), Features.ALL.without(CONFIG_WCE), Features.ALL.without(FeatureBits.VIRTIO_F_EVENT_IDX),
        Features.ALL.without(FeatureBits.VIRTIO_F_INDIRECT_DESC), Features.of(FeatureBits.VIRTIO_F_VERSION_1)).map(QemuIT::hexadecimal);
  }

  @ParameterizedTest
  @MethodSource("spared")
  void worksWithoutAFeature(String mask) throws IOException {
    machine("");
    port("features.mask", mask);
    carries(rig.disk("disk0"));
    Features allowed = new Features(Long.parseUnsignedLong(mask.substring(16), 16), Long.parseUnsignedLong(mask.substring(0, 16), 16));
    assertThat(allowed.holds(report().accepted())).isTrue();
  }

  @Test
  void withoutVersionOneItIsRefusedByName() throws IOException {
    machine("");
    port("features.mask", hexadecimal(Features.ALL.without(FeatureBits.VIRTIO_F_VERSION_1)));
    awaitRefusal("VERSION_1");
  }

  @Test
  void aDeviceThatIsOnlyLegacyIsRefusedByThatWord() throws IOException {
    Configuration machine = machine("disable-legacy=off,disable-modern=on");
    rig.port("disk0", PARTS);
    awaitRefusal("legacy");
    Rig.change(machine, "drives", image + ",format=raw");
    carries(rig.disk("disk0"));
  }

  @Test
  void severalDisksOfOneMachineHaveAPortEach() throws IOException {
    Path second = rig.image("second.img", 2 * BYTES);
    rig.qemu("q0", Map.of("drives", new String[] {image + ",format=raw,addr=04.0,serial=first",
        second + ",format=raw,addr=05.0,serial=second,num-queues=4"}));
    rig.configure("virtio.block", Map.of("name", "disk1", "glue.target", "(virtio.glue=" + PARTS.name() + ")",
        "device.filter", "(name=q0/*:05.0)"));
    port("device.filter", "(name=q0/*:04.0)");
    BlockDevice one = rig.disk("disk0");
    BlockDevice other = rig.disk("disk1");
    assertThat(one.id()).isEqualTo("first");
    assertThat(other.id()).isEqualTo("second");
    assertThat(other.capacity()).isEqualTo(2L * BYTES / SECTOR);
    other.write(0, filled((byte) 7));
    carries(one);
    byte[] back = new byte[SECTOR];
    other.read(0, back);
    assertThat(back).containsOnly(7);
  }

  private static byte[] filled(byte value) {
    byte[] sector = new byte[SECTOR];
    Arrays.fill(sector, value);
    return sector;
  }

  @Test
  @Trap("T26")
  void aResizeIsAnEventAndALongSerialIsReadWhole() throws Exception {
    String serial = "twenty characters!!!";
    assertThat(serial).hasSize(20);
    machine("serial=" + serial);
    rig.port("disk0", PARTS);
    BlockDevice disk = rig.disk("disk0");
    assertThat(disk.id()).isEqualTo(serial);
    List<String> events = Collections.synchronizedList(new ArrayList<>());
    try (var _ = disk.listen(new BlockDevice.Listener() {
      @Override
      public void resized(long oldSectors, long newSectors) {
        events.add(oldSectors + " " + newSectors);
      }
    })) {
      resize(2L * BYTES);
      Await.until(() -> events.equals(List.of("2048 4096")), () -> "events: " + events);
      assertThat(disk.capacity()).isEqualTo(4096);
      disk.write(4095, filled((byte) 9));
      resize(BYTES / 2);
      Await.until(() -> events.equals(List.of("2048 4096", "4096 1024")), () -> "events: " + events);
      assertThat(disk.capacity()).isEqualTo(1024);
      disk.write(1023, filled((byte) 9));
    }
  }

  /** As it is stopped QEMU closes the event counters behind its doorbells, and has others when it goes on. */
  @ParameterizedTest
  @ValueSource(strings = {"num-queues=1", "num-queues=4,event_idx=off"})
  void doorbellsNeedNoSocket(String options) throws Exception {
    requireEventFds();
    machine(options);
    rig.port("disk0", PARTS);
    BlockDevice disk = rig.disk("disk0");
    Await.until(() -> worksByEventfds(disk), () -> "eventfds: " + eventfds());
    carries(disk);
    assertThat(new Shell(context).run("virtio:machines").text()).contains("q0", "pci", "machine=q35", "eventfds=" + eventfds());
    for (String command : List.of("stop", "cont")) {
      assertThat(new Shell(context).qmp("q0", command)).contains("return");
    }
    carries(disk);
    Await.until(() -> worksByEventfds(disk), () -> "eventfds: " + eventfds());
    carries(disk);
  }

  /** Some containers let nobody have another process's descriptors. */
  private static void requireEventFds() throws IOException {
    try {
      EventFd.of(ProcessHandle.current().pid(), Integer.MAX_VALUE);
    } catch (SystemCallException refused) {
      String reason = "skipped: " + refused.getMessage();
      System.out.println(reason);
      abort(reason);
    }
  }

  private boolean worksByEventfds(BlockDevice disk) {
    try {
      disk.write(1, filled((byte) 3));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    return eventfds() > 0;
  }

  private int eventfds() {
    ServiceReference<Machine> machine = context.getServiceReference(Machine.class);
    return (int) context.getService(machine).properties().get("eventfds");
  }

  private void resize(long bytes) {
    String command = "{\"execute\": \"block_resize\", \"arguments\": {\"node-name\": \"drive0\", \"size\": " + bytes + "}}";
    assertThat(new Shell(context).qmp("q0", command)).contains("{}");
  }
}
