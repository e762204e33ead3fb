package virtio.os.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TapTest {
  private static final String NAME = "vt" + ProcessHandle.current().pid();

  private final MemorySegment bytes = Arena.ofAuto().allocate(2048);

  @BeforeEach
  void mayMakeInterfaces() {
    assumeTrue("root".equals(System.getProperty("user.name")), "skipped: only root may make network interfaces");
    assumeTrue(Files.exists(Path.of("/dev/net/tun")), "skipped: no /dev/net/tun");
  }

  private static Path interfaceNamed(String name) {
    return Path.of("/sys/class/net", name);
  }

  @Test
  void theInterfaceIsThereAsLongAsItIsOpen() throws IOException {
    try (Tap tap = Tap.open(NAME)) {
      assertThat(tap.name()).isEqualTo(NAME);
      assertThat(interfaceNamed(NAME)).exists();
      assertThat(tap.read(bytes, 0, 2048)).as("nobody has sent anything").isZero();
    }
    assertThat(interfaceNamed(NAME)).doesNotExist();
  }

  @Test
  void oneHasItAtATime() throws IOException {
    try (Tap tap = Tap.open(NAME)) {
      assertThatThrownBy(() -> Tap.open(NAME)).isInstanceOf(SystemCallException.class).hasMessageContaining("TUNSETIFF, " + NAME);
      assertThat(tap.read(bytes, 0, 2048)).isZero();
    }
    Tap.open(NAME).close();
  }

  @Test
  void aFrameIsNotTakenWhileTheInterfaceIsDown() throws Exception {
    try (Tap tap = Tap.open(NAME)) {
      bytes.asSlice(0, 6).fill((byte) -1);
      assertThat(tap.write(bytes, 0, 60)).isFalse();
    }
  }

  @Test
  void framesOfTheKernelsComeAndOursAreCounted() throws Exception {
    Path ip = Path.of("/usr/sbin/ip");
    assumeTrue(Files.isExecutable(ip), "skipped: no ip (package iproute2)");
    try (Tap tap = Tap.open(NAME)) {
      Process up = new ProcessBuilder(ip.toString(), "link", "set", NAME, "up").inheritIO().start();
      assertThat(up.waitFor()).isZero();
      bytes.asSlice(0, 6).fill((byte) -1);
      bytes.set(ValueLayout.JAVA_BYTE, 6, (byte) 2);
      assertThat(tap.write(bytes, 0, 60)).isTrue();
      assertThat(Files.readString(interfaceNamed(NAME).resolve("statistics/rx_packets")).strip()).isEqualTo("1");
      assertThat(tap.write(bytes, 0, 5)).as("no frame").isFalse();
    }
  }

  @Test
  void aWakeEndsTheWaitThatIsOrTheOneThatComes() throws Exception {
    try (Tap tap = Tap.open(NAME)) {
      tap.wake();
      tap.await(-1);
      long before = System.nanoTime();
      tap.await(1);
      assertThat(System.nanoTime() - before).as("one wake, one wait").isGreaterThanOrEqualTo(900_000);
      Thread waker = Thread.ofPlatform().start(tap::wake);
      tap.await(-1);
      waker.join();
    }
  }

  @Test
  void aClosedOneIsClosed() throws IOException {
    Tap tap = Tap.open(NAME);
    tap.close();
    tap.close();
    tap.wake();
    assertThatThrownBy(() -> tap.read(bytes, 0, 100)).isInstanceOf(IOException.class).hasMessageContaining("closed");
    assertThatThrownBy(() -> tap.await(0)).isInstanceOf(IOException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a name", "a/b", "..", "tap%d", "sixteen-letters-"})
  void aNameThatIsNone(String name) {
    assertThatThrownBy(() -> Tap.open(name)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("name=" + name + ";");
  }

  @Test
  void whatIsNoTapIsRefusedByTheKernel() {
    assertThatThrownBy(() -> Tap.open("lo")).isInstanceOf(SystemCallException.class).hasMessageContaining("lo");
  }
}
