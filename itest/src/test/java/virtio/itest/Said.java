package virtio.itest;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;

/** Warnings and errors of the bricks, as they are logged, until closed. Any thread. */
final class Said extends Handler {
  private final Logger logger = Logger.getLogger("virtio");
  private final List<String> lines = new CopyOnWriteArrayList<>();

  private Said() {}

  static Said listen() {
    Said said = new Said();
    said.setLevel(Level.WARNING);
    said.setFormatter(new SimpleFormatter());
    said.logger.addHandler(said);
    return said;
  }

  /** All so far. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  /** Waits for a line that holds all these words. @return how many lines hold them */
  long await(String... words) {
    Await.until(() -> count(words) > 0, () -> List.of(words) + " not among " + lines);
    return count(words);
  }

  private long count(String... words) {
    return lines.stream().filter(line -> Stream.of(words).allMatch(line::contains)).count();
  }

  @Override
  public void publish(LogRecord entry) {
    if (isLoggable(entry)) {
      lines.add(getFormatter().formatMessage(entry));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
