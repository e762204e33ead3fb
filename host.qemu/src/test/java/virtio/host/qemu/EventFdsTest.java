package virtio.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.os.linux.EventFdInfo;
import virtio.testkit.Await;

/** Against real QEMU, its block device driven by hand. */
@Timeout(60)
class EventFdsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int MANY = 2000;

  @TempDir
  private Path directory;

  @BeforeEach
  void require() throws IOException {
    Qemu.requireEventFds();
  }

  private Qemu qemu(String board, String options, List<String> arguments) throws IOException {
    return new Qemu(board, Qemu.image(directory, 1 << 20), options, Map.of("arguments", arguments));
  }

  private static List<BlockQueue> start(Qemu qemu, int count) {
    qemu.open();
    BlockQueue.begin(qemu, qemu.registers, 11);
    List<BlockQueue> queues = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      queues.add(new BlockQueue(qemu, qemu.registers, number));
    }
    BlockQueue.begin(qemu, qemu.registers, 15);
    return queues;
  }

  private static int eventfds(Qemu qemu) {
    return (int) qemu.machine.properties().get("eventfds");
  }

  private static boolean until(Qemu qemu, List<BlockQueue> queues, int found) {
    return Await.that(PATIENCE, () -> {
      queues.forEach(queue -> assertThat(queue.read(PATIENCE)).isTrue());
      return eventfds(qemu) == found;
    });
  }

  @ParameterizedTest
  @ValueSource(strings = {"q35", "virt"})
  void eachQueueIsRungByItsOwn(String board) throws IOException {
    try (Qemu qemu = qemu(board, "num-queues=4", List.of())) {
      List<BlockQueue> queues = start(qemu, 4);
      assertThat(eventfds(qemu)).isZero();
      assertThat(until(qemu, queues, 4)).isTrue();
      for (int time = 0; time < MANY; time++) {
        assertThat(queues.get(time % 4).read(PATIENCE)).isTrue();
      }
      assertThat(eventfds(qemu)).isEqualTo(4);
    }
  }

  @Test
  void whatHasNoneStaysOnTheSocket() throws IOException {
    try (Qemu qemu = qemu("q35", "ioeventfd=off", List.of())) {
      carriesMany(qemu);
      assertThat(eventfds(qemu)).isZero();
    }
  }

  /** Its thread polls whatever QEMU's first one does, so it is hardly ever found. */
  @Test
  void whatIsServedByAnotherThreadIsRungByTheOneWayOrTheOther() throws IOException {
    try (Qemu qemu = qemu("q35", "iothread=io0", List.of("-object", "iothread,id=io0"))) {
      carriesMany(qemu);
    }
  }

  private static void carriesMany(Qemu qemu) {
    BlockQueue queue = start(qemu, 1).getFirst();
    for (int time = 0; time < MANY; time++) {
      assertThat(queue.read(PATIENCE)).isTrue();
    }
  }

  /** It closes its counters, and opens others as it goes on. */
  @Test
  void aMachineThatWasStoppedIsHeardAndHearsAgain() throws IOException {
    try (Qemu qemu = qemu("q35", "num-queues=2", List.of())) {
      List<BlockQueue> queues = start(qemu, 2);
      assertThat(until(qemu, queues, 2)).isTrue();
      for (int time = 0; time < 3; time++) {
        assertThat(qemu.machine.qmp().execute("stop", Map.of())).isEqualTo(Map.of());
        assertThat(qemu.machine.qmp().execute("cont", Map.of())).isEqualTo(Map.of());
        assertThat(until(qemu, queues, 2)).isTrue();
      }
    }
  }

  @Test
  void aResetBeginsOnTheSocketAndLeavesNothing() throws IOException {
    long self = ProcessHandle.current().pid();
    int before = EventFdInfo.all(self).size();
    try (Qemu qemu = qemu("q35", "", List.of())) {
      int running = EventFdInfo.all(self).size();
      for (int life = 0; life < 3; life++) {
        List<BlockQueue> queues = start(qemu, 1);
        assertThat(eventfds(qemu)).isZero();
        assertThat(until(qemu, queues, 1)).isTrue();
        assertThat(EventFdInfo.all(self)).hasSize(running + 1);
      }
      ProcessHandle.of(qemu.machine.pid()).orElseThrow().destroyForcibly();
      assertThat(Await.that(PATIENCE, () -> qemu.gone.getCount() == 0)).isTrue();
    }
    assertThat(EventFdInfo.all(self)).hasSizeLessThanOrEqualTo(before);
  }
}
