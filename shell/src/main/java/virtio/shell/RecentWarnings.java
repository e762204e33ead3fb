package virtio.shell;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * The last warnings of the bricks, as they were logged. Bricks log through {@link System.Logger}, which ends in
 * {@code java.util.logging} wherever nobody has put another logging system behind it; where somebody has, this stays empty.
 */
final class RecentWarnings extends Handler {
  private static final int KEPT = 20;
  /** Held, or the logger and with it this handler would be collected. */
  private final Logger logger = Logger.getLogger("virtio");
  private final Deque<LogRecord> records = new ArrayDeque<>();

  /** Begins to listen; until closed. */
  static RecentWarnings listen() {
    RecentWarnings warnings = new RecentWarnings();
    warnings.setLevel(Level.WARNING);
    warnings.setFormatter(new SimpleFormatter());
    warnings.logger.addHandler(warnings);
    return warnings;
  }

  @Override
  public void publish(LogRecord entry) {
    if (isLoggable(entry)) {
      synchronized (records) {
        records.addLast(entry);
        if (records.size() > KEPT) {
          records.removeFirst();
        }
      }
    }
  }

  /** One line each, the latest last: {@code "3 s ago: virtio.device.block: image=/x: no such file"}. */
  List<String> lines(Instant now) {
    List<String> lines = new ArrayList<>();
    synchronized (records) {
      for (LogRecord entry : records) {
        long age = Duration.between(entry.getInstant(), now).toSeconds();
        String text = getFormatter().formatMessage(entry).strip().lines().findFirst().orElse("");
        lines.add(age + " s ago: " + entry.getLoggerName() + ": " + text);
      }
    }
    return lines;
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
