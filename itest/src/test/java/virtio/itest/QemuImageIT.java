package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.block.BlockDevice;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Outcome;
import virtio.bus.Machine;
import virtio.testkit.Trap;

/** Images that QEMU keeps and others judge: what was written is in them, also when QEMU is killed. */
@ExtendWith(InFramework.class)
class QemuImageIT {
  private static final Combination PARTS = Combination.of("block.pci.split.pci");
  private static final int BYTES = 16 << 20;
  private static final int PIECE = 64 << 10;
  private static final int SECTOR = 512;
  private static final int AT_ONCE = 64;
  private static final long DEADLINE_MILLIS = 3000;

  @Inject
  private BundleContext context;
  @Inject
  private ConfigurationAdmin admin;
  private Rig rig;
  private Path tool;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(context, admin);
    tool = Programs.require("qemu-img", "qemu-utils");
  }

  @AfterEach
  void end() throws Exception {
    rig.close();
  }

  private Path create(String name, String format) throws Exception {
    Path image = rig.folder().resolve(name);
    Programs.run(tool, "create", "-q", "-f", format, image, BYTES);
    return image;
  }

  private Configuration port(String name, String address) throws IOException {
    return rig.configure("virtio.block", Map.of("name", name, "glue.target", "(virtio.glue=" + PARTS.name() + ")",
        "device.filter", "(name=q0/*:" + address + ")", "deadline", Long.toString(DEADLINE_MILLIS)));
  }

  /** Ends QEMU in order, so that others may have its images. */
  private void end(Configuration machine) throws IOException {
    rig.delete(machine);
    Await.until(() -> Traces.processes().isEmpty(), () -> "still there: " + Traces.processes());
  }

  @Test
  void aFileSystemWrittenToRawAndQcow2IsWholeForOthers() throws Exception {
    Path mke2fs = Programs.require("mke2fs", "e2fsprogs");
    Path e2fsck = Programs.require("e2fsck", "e2fsprogs");
    Path source = rig.image("source.img", BYTES);
    Programs.run(mke2fs, "-q", "-F", "-t", "ext4", "-d", Reactor.root("itest", "src"), source);
    Path raw = create("disk.raw", "raw");
    Path qcow2 = create("disk.qcow2", "qcow2");
    Configuration machine = rig.qemu("q0", Map.of("drives", new String[] {raw + ",addr=04.0", qcow2 + ",addr=05.0"}));
    port("raw", "04.0");
    port("qcow2", "05.0");
    byte[] content = Files.readAllBytes(source);
    for (String name : List.of("raw", "qcow2")) {
      BlockDevice disk = rig.disk(name);
      for (int at = 0; at < BYTES; at += PIECE) {
        disk.write(at / SECTOR, Arrays.copyOfRange(content, at, at + PIECE));
      }
      disk.flush();
    }
    end(machine);

    Programs.run(tool, "check", "-f", "qcow2", qcow2);
    Programs.run(tool, "compare", "-f", "raw", "-F", "raw", source, raw);
    Programs.run(tool, "compare", "-f", "raw", "-F", "qcow2", raw, qcow2);
    Path converted = rig.folder().resolve("converted.img");
    Programs.run(tool, "convert", "-f", "qcow2", "-O", "raw", qcow2, converted);
    assertThat(Files.mismatch(source, converted)).isEqualTo(-1);
    Programs.run(e2fsck, "-fn", converted);
    Programs.run(e2fsck, "-fn", raw);
  }

  /** QEMU keeps a qcow2 image's tables to itself until somebody flushes: what it had not written itself is lost with it. */
  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2"})
  @Trap("T24")
  void whatWasFlushedIsThereWhenQemuIsKilled(String format) throws Exception {
    Path image = create("disk." + format, format);
    rig.qemu("q0", Map.of("drives", image + ",addr=04.0"));
    port("disk0", "04.0");
    BlockDevice disk = rig.disk("disk0");
    byte[] flushed = new byte[BYTES / 2];
    new Random(24).nextBytes(flushed);
    disk.write(0, flushed);
    disk.flush();
    disk.write(flushed.length / SECTOR, new byte[PIECE]);
    long killed = kill();
    // Another QEMU may have the image by now; it writes nothing of its own accord, and a copy is what there was.
    Path copy = Files.copy(image, rig.folder().resolve("copy"), StandardCopyOption.REPLACE_EXISTING);
    Path content = rig.folder().resolve("content");
    Programs.run(tool, "convert", "-f", format, "-O", "raw", copy, content);
    byte[] found = Files.readAllBytes(content);
    assertThat(Arrays.equals(found, 0, flushed.length, flushed, 0, flushed.length)).isTrue();

    awaitAnother(killed);
    byte[] back = new byte[flushed.length];
    rig.disk("disk0").read(0, back);
    assertThat(Arrays.equals(back, flushed)).isTrue();
  }

  @Test
  @Trap("T24")
  void everyRequestEndsWhenQemuIsKilledInMidFlight() throws Exception {
    Path image = create("disk.raw", "raw");
    rig.qemu("q0", Map.of("arguments", new String[] {"-object", "throttle-group,id=slow,x-iops-total=20"},
        "blockdev", new String[] {"driver=file,node-name=file0,filename=" + image, "driver=throttle,node-name=slow0,throttle-group=slow,file=file0"},
        "device", "virtio-blk-pci,drive=slow0,disable-legacy=on,addr=04.0"));
    port("disk0", "04.0");
    BlockDevice disk = rig.disk("disk0");
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(SECTOR, SECTOR).fill((byte) 3);
      List<BlockRequest> requests = new ArrayList<>();
      for (int number = 0; number < AT_ONCE; number++) {
        requests.add(disk.request().write(8L * number, memory));
      }
      requests.forEach(request -> assertThat(disk.submit(request)).isTrue());
      Await.until(() -> requests.stream().anyMatch(request -> request.outcome() == Outcome.OK), () -> "nothing is written");
      long start = System.nanoTime();
      long killed = kill();
      requests.forEach(request -> Await.until(() -> request.outcome() != Outcome.PENDING, () -> "does not end: " + request.sector()));
      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(2 * DEADLINE_MILLIS);
      assertThat(requests).extracting(BlockRequest::outcome)
          .isSubsetOf(Outcome.OK, Outcome.DEVICE_GONE, Outcome.OUTCOME_UNKNOWN, Outcome.TIMED_OUT)
          .containsAnyOf(Outcome.DEVICE_GONE, Outcome.OUTCOME_UNKNOWN);
      assertThat(requests).filteredOn(request -> request.outcome() != Outcome.OK)
          .allSatisfy(request -> assertThat(request.reason()).isNotEmpty());
      awaitAnother(killed);
    }
    byte[] sector = new byte[SECTOR];
    Arrays.fill(sector, (byte) 5);
    rig.disk("disk0").write(1, sector);
    byte[] back = new byte[SECTOR];
    rig.disk("disk0").read(1, back);
    assertThat(back).isEqualTo(sector);
  }

  /** As the kernel would, without a warning. @return which process it was */
  private long kill() throws Exception {
    ProcessHandle process = ProcessHandle.of(pid()).orElseThrow();
    assertThat(process.destroyForcibly()).isTrue();
    process.onExit().get(10, TimeUnit.SECONDS);
    return process.pid();
  }

  private void awaitAnother(long killed) {
    Await.until(() -> pid() != killed && pid() != 0, () -> "no other QEMU");
  }

  /** 0: there is none. */
  private long pid() {
    ServiceReference<Machine> reference = context.getServiceReference(Machine.class);
    Machine machine = reference == null ? null : context.getService(reference);
    if (machine == null) {
      return 0;
    }
    long pid = (long) machine.properties().get("pid");
    context.ungetService(reference);
    return pid;
  }
}
