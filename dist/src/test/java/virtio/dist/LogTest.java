package virtio.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogTest {
  private static String line(Level level, String text, Throwable thrown) {
    LogRecord entry = new LogRecord(level, text);
    entry.setLoggerName("virtio.x");
    entry.setThrown(thrown);
    return new Log.OneLine().format(entry);
  }

  @Test
  void aMessageOfSeveralLinesStaysOnOne() {
    assertThat(line(Level.WARNING, "first\n  second\n", null)).isEqualTo("warning virtio.x: first | second" + System.lineSeparator());
  }

  @Test
  void theDeepestCauseIsNamedUnlessTheTextNamesIt() {
    Throwable thrown = new IllegalStateException("outer", new IllegalArgumentException("size=3 (a multiple of 512)"));

    assertThat(line(Level.SEVERE, "no disk", thrown)).isEqualToIgnoringNewLines("error virtio.x: no disk (size=3 (a multiple of 512))");
    assertThat(line(Level.SEVERE, "size=3 (a multiple of 512)", thrown)).isEqualToIgnoringNewLines("error virtio.x: size=3 (a multiple of 512)");
  }
}
