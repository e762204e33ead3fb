package virtio.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.DmaMemory;
import virtio.bus.Message;
import virtio.bus.Window;
import virtio.testkit.Await;

/** Against real QEMU. */
@Timeout(60)
class QemuMachineTest {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int MSIX = 0x11;
  /** Of the common configuration. */
  private static final int CONFIG_VECTOR = 16;
  private static final int STATUS = 20;

  @TempDir
  private Path directory;

  private Path image() throws IOException {
    return Qemu.image(directory, 1 << 20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"q35", "virt"})
  void configurationSpaceIsRead(String board) throws IOException {
    try (Qemu qemu = new Qemu(board, image(), Map.of())) {
      assertThat(qemu.read(4, Qemu.VENDOR_AND_DEVICE, 4)).isEqualTo(0x1042_1af4L);
      assertThat(qemu.read(4, 2, 2)).isEqualTo(0x1042);
      assertThat(qemu.read(5, Qemu.VENDOR_AND_DEVICE, 4)).isEqualTo(0xFFFF_FFFFL);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"q35", "virt"})
  void memoryIsTheSameOnBothSides(String board) throws IOException {
    try (Qemu qemu = new Qemu(board, image(), Map.of())) {
      DmaMemory region = qemu.machine.space(0).allocate(8192, 4096);
      Window there = qemu.machine.window(region.address(), region.bytes());
      region.segment().set(INT, 4, 0xCAFE_F00D);
      assertThat(there.read(4, 4)).isEqualTo(0xCAFE_F00DL);
      assertThat(there.read(5, 1)).isEqualTo(0xF0);
      assertThat(there.read(4, 8)).isEqualTo(0xCAFE_F00DL);
      there.write(8188, 2, 0x1234);
      assertThat(region.segment().get(INT, 8188)).isEqualTo(0x1234);
      there.post(8184, 4, 0x8765_4321L);
      assertThat(there.read(8184, 4)).isEqualTo(0x8765_4321L);
      assertThatThrownBy(() -> there.read(8190, 4)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("offset=8190");
      qemu.machine.space(0).free(region);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"q35", "virt"})
  void aMessageComes(String board) throws Exception {
    try (Qemu qemu = new Qemu(board, image(), Map.of())) {
      qemu.open();
      Window registers = qemu.machine.window(qemu.registers, 0x4000);
      Window vectors = qemu.machine.window(qemu.vectors, 0x1000);
      CountDownLatch came = new CountDownLatch(1);
      Message message = qemu.machine.message();
      message.register(came::countDown);
      vectors.write(0, 8, message.address());
      vectors.write(8, 4, message.data());
      vectors.write(12, 4, 0);
      int msix = qemu.capability(MSIX);
      qemu.write(4, msix + 2, 2, 0x8000 | qemu.read(4, msix + 2, 2));
      drive(registers);
      registers.write(CONFIG_VECTOR, 2, 0);
      assertThat(registers.read(CONFIG_VECTOR, 2)).isZero();
      resize(qemu, 2 << 20);
      assertThat(came.await(5, TimeUnit.SECONDS)).isTrue();
      message.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"q35", "virt"})
  void aLineCallsUntilItIsQuiet(String board) throws Exception {
    try (Qemu qemu = new Qemu(board, image(), Map.of())) {
      qemu.open();
      Window registers = qemu.machine.window(qemu.registers, 0x4000);
      int isr = 0x1000;
      CountDownLatch calls = new CountDownLatch(3);
      // INTA of device 4: as that of device 0.
      String line = qemu.machine.firmware().get("pci/0/intx").split(",")[0];
      qemu.machine.interrupt(Long.parseLong(line)).register(() -> {
        calls.countDown();
        if (calls.getCount() == 0) {
          registers.read(isr, 1);
        }
      });
      drive(registers);
      resize(qemu, 2 << 20);
      assertThat(calls.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** As far as DRIVER_OK, without a queue. */
  private static void drive(Window registers) {
    registers.write(STATUS, 1, 0);
    registers.write(STATUS, 1, 3);
    registers.write(8, 4, 1);
    registers.write(12, 4, 1);
    registers.write(STATUS, 1, 11);
    registers.write(STATUS, 1, 15);
    assertThat(registers.read(STATUS, 1)).isEqualTo(15);
  }

  private static void resize(Qemu qemu, long bytes) throws IOException {
    assertThat(qemu.machine.qmp().execute("block_resize", Map.of("node-name", "drive0", "size", bytes))).isEqualTo(Map.of());
  }

  @Test
  void aKilledMachineHasGoneWithinASecond() throws Exception {
    try (Qemu qemu = new Qemu("q35", image(), Map.of())) {
      Window registers = qemu.machine.window(qemu.registers, 0x4000);
      ProcessHandle.of(qemu.machine.pid()).orElseThrow().destroyForcibly();
      assertThat(qemu.gone.await(1, TimeUnit.SECONDS)).isTrue();
      assertThat(registers.read(0, 4)).isEqualTo(0xFFFF_FFFFL);
      assertThat(registers.read(0, 8)).isEqualTo(-1);
      registers.write(0, 4, 1);
      registers.post(0, 4, 1);
      assertThatThrownBy(() -> qemu.machine.qmp().execute("query-status", Map.of())).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aMachineThatDoesNotAnswerHasGone() throws Exception {
    try (Qemu qemu = new Qemu("q35", image(), Map.of("deadline", "300"))) {
      Window registers = qemu.machine.window(qemu.registers, 0x4000);
      new ProcessBuilder("kill", "-STOP", Long.toString(qemu.machine.pid())).start().waitFor();
      assertThat(registers.read(0, 2)).isEqualTo(0xFFFF);
      assertThat(qemu.gone.await(1, TimeUnit.SECONDS)).isTrue();
      assertThat(qemu.machine.lost()).contains("no answer for 300 ms");
    }
  }

  @Test
  void closingEndsTheProcessAndLeavesNothing() throws Exception {
    long pid;
    try (Qemu qemu = new Qemu("q35", image(), Map.of())) {
      pid = qemu.machine.pid();
      assertThat(ProcessHandle.of(pid)).isPresent();
      try (Stream<Path> left = Files.list(Path.of("/dev/shm"))) {
        assertThat(left.map(Path::toString).filter(path -> path.contains(PrivateDirectory.PREFIX))).isEmpty();
      }
    }
    assertThat(Await.that(Duration.ofSeconds(1), () -> ProcessHandle.of(pid).isEmpty())).isTrue();
  }

  @Test
  void aQemuDoesNotOutliveTheJvmThatStartedIt() throws Exception {
    Qemu.require("q35");
    Process owner = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
        System.getProperty("java.class.path"), OwnerProcess.class.getName()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    long pid = Long.parseLong(owner.inputReader().readLine());
    assertThat(ProcessHandle.of(pid)).isPresent();
    owner.destroyForcibly().waitFor();
    assertThat(Await.that(Duration.ofSeconds(5), () -> !ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false))).isTrue();
  }

  @Test
  void whatQemuRefusesIsToldInItsWords() throws IOException {
    Qemu.require("q35");
    Path image = image();
    assertThatThrownBy(() -> new Qemu("q35", image, Map.of("device", List.of("no-such-device"))))
        .isInstanceOf(IOException.class).hasMessageContaining("'no-such-device' is not a valid device model name");
    for (int round = 0; round < 10; round++) {
      assertThatThrownBy(() -> new Qemu("q35", image, Map.of("drives", image + ",bus=none"))).isInstanceOf(IOException.class)
          .hasMessageEndingWith("Bus 'none' not found");
    }
    assertThatThrownBy(() -> new Qemu("q35", directory.resolve("none.raw"), Map.of()))
        .isInstanceOf(IOException.class).hasMessageContaining("none.raw: no such file");
    assertThatThrownBy(() -> new Qemu("q35", image, Map.of("binary", "qemu-system-none")))
        .isInstanceOf(IOException.class).hasMessage("binary=qemu-system-none not found");
  }
}
