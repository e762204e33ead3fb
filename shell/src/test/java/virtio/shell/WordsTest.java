package virtio.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** What is said to a person, and in how many lines. */
class WordsTest {
  @Test
  void anOutcomeIsOneLineWhateverItsReason() {
    assertThat(Outcome.ok("9 MiB/s")).hasToString("ok, 9 MiB/s");
    assertThat(Outcome.skipped("no machine")).hasToString("skipped: no machine");
    assertThat(Outcome.failed("first\n  second\r\n")).hasToString("FAILED: first | second");
  }

  @Test
  void aNameTellsItsParts() {
    Parts parts = Parts.of("block.lguest.split.tlv");
    assertThat(parts.face()).isEqualTo("lguest.split.tlv");
    assertThat(List.of(parts.hostPid(), parts.devicePid(), parts.portPid()))
        .containsExactly("virtio.host.lguest", "virtio.device.block", "virtio.block");
    assertThat(parts.name()).isEqualTo("block.lguest.split.tlv");
    assertThatThrownBy(() -> Parts.of("block.lguest")).hasMessageContaining("driver.transport.ring.config");
  }

  @Test
  void ofAStackTraceTheLastCauseCounts() {
    String trace = "java.lang.IllegalStateException: outer\n\tat x.Y.z(Y.java:1)\n"
        + "Caused by: java.io.IOException: image=/x is missing\n\tat a.B.c";
    assertThat(Bricks.reason(trace)).isEqualTo("image=/x is missing");
    assertThat(Bricks.reason("java.lang.IllegalArgumentException: a=1 (2)\n\tat")).isEqualTo("a=1 (2)");
    assertThat(Bricks.reason(null)).isEqualTo("activation failed");
  }

  @Test
  void whatIsMissingIsToldWithItsTarget() {
    assertThat(new Bricks.Missing("block.lguest.split.lguest", "ring", "(virtio.ring=split)"))
        .hasToString("block.lguest.split.lguest: missing ring (virtio.ring=split)");
    assertThat(new Bricks.Missing("virtio.block name=disk0", "bus", "")).hasToString("virtio.block name=disk0: missing bus");
  }

  @Test
  void warningsOfTheBricksAreKeptUntilClosed() {
    System.Logger logger = System.getLogger("virtio.words.test");
    Logger.getLogger("virtio").setUseParentHandlers(false);
    RecentWarnings warnings = RecentWarnings.listen();
    logger.log(System.Logger.Level.INFO, "not this");
    for (int i = 0; i < 30; i++) {
      logger.log(System.Logger.Level.WARNING, "line {0}\nmore", i);
    }
    assertThat(warnings.lines(Instant.now())).hasSize(20).last().asString().endsWith("virtio.words.test: line 29");
    warnings.close();
    logger.log(System.Logger.Level.ERROR, "too late");
    assertThat(warnings.lines(Instant.now())).last().asString().endsWith("line 29");
    Logger.getLogger("virtio").setUseParentHandlers(true);
  }

  @Test
  void progressIsSilentAtFirstAndWithoutATerminal() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Progress progress = new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8)); Progress nobody = new Progress(null)) {
      progress.say("soon");
      nobody.say("to nobody");
      Wait.until(5, () -> {
        progress.say("1 of 2");
        return bytes.size() > 0;
      }, left -> { });
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("\r1 of 2\r      \r");
  }
}
