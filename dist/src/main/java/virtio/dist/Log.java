package virtio.dist;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.FileHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Where messages go: warnings and errors as one line each to the standard error stream, everything with its stack traces to a file of
 * the instance. Bricks log through {@link System.Logger}, which ends here too.
 */
final class Log {
  private static final String FILE_FORMAT = "%1$tF %1$tT.%1$tL %4$s %3$s: %5$s%6$s%n";

  private Log() {
  }

  /**
   * Takes over the logging of this JVM.
   *
   * @param file the log file, overwritten
   * @throws IOException if it cannot be written
   */
  static void start(Path file) throws IOException {
    System.setProperty("java.util.logging.SimpleFormatter.format", FILE_FORMAT);
    LogManager.getLogManager().reset();
    Logger root = Logger.getLogger("");
    root.addHandler(handler(new ConsoleHandler(), new OneLine(), Level.WARNING));
    // The file handler's pattern gives '%' a meaning of its own.
    root.addHandler(handler(new FileHandler(file.toString().replace("%", "%%")), new SimpleFormatter(), Level.ALL));
  }

  private static Handler handler(Handler handler, Formatter formatter, Level level) {
    handler.setFormatter(formatter);
    handler.setLevel(level);
    return handler;
  }

  /** Level, logger, message and, where there is one, the deepest cause: on one line, without a stack trace. */
  static final class OneLine extends Formatter {
    @Override
    public String format(LogRecord entry) {
      String level = entry.getLevel().intValue() >= Level.SEVERE.intValue() ? "error" : entry.getLevel().getName().toLowerCase(Locale.ROOT);
      String text = formatMessage(entry).strip().replaceAll("\\s*\\R\\s*", " | ");
      return "%s %s: %s%s%n".formatted(level, entry.getLoggerName(), text, cause(entry.getThrown(), text));
    }

    private static String cause(Throwable thrown, String text) {
      if (thrown == null) {
        return "";
      }
      Throwable deepest = thrown;
      while (deepest.getCause() != null) {
        deepest = deepest.getCause();
      }
      String message = deepest.getMessage() == null ? deepest.getClass().getName() : deepest.getMessage();
      return text.contains(message) ? "" : " (" + message.strip().replaceAll("\\s*\\R\\s*", " | ") + ")";
    }
  }
}
