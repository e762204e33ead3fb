package virtio.dist;

import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.service.log.LogEntry;
import org.osgi.service.log.LogReaderService;
import org.osgi.util.tracker.ServiceTracker;

/** Passes what the framework's own bundles say to the log of this JVM, where bricks log too. */
final class BundleLog extends ServiceTracker<LogReaderService, LogReaderService> {
  private static final String UNRESOLVED = "Unable to resolve";

  private BundleLog(BundleContext context) {
    super(context, LogReaderService.class, null);
  }

  /** Begins to listen; ends with the framework. */
  static void open(BundleContext context) {
    new BundleLog(context).open();
    context.addFrameworkListener(event -> {
      if (event.getType() == FrameworkEvent.ERROR) {
        failed(event);
      }
    });
  }

  private static void failed(FrameworkEvent event) {
    Throwable thrown = event.getThrowable();
    String name = event.getBundle().getSymbolicName();
    if (unresolved(thrown)) {
      // Felix names the bundle three times, and all requirements once more at the end.
      publish(name, Level.SEVERE, "does not resolve: " + thrown.getMessage().replaceFirst(".*?missing requirement \\[.*?\\(R.*?\\)\\] ", "missing ")
          .replaceFirst(" Unresolved requirements:.*", ""), null);
    } else {
      publish(name, Level.SEVERE, String.valueOf(thrown.getMessage()), thrown);
    }
  }

  @Override
  public LogReaderService addingService(ServiceReference<LogReaderService> reference) {
    LogReaderService reader = super.addingService(reference);
    reader.addLogListener(BundleLog::logged);
    return reader;
  }

  private static void logged(LogEntry entry) {
    publish(entry.getBundle().getSymbolicName(), level(entry), entry.getMessage(), entry.getException());
  }

  private static Level level(LogEntry entry) {
    if (entry.getLoggerName().startsWith("Events.") || unresolved(entry.getException())) {
      // The framework's events come by another way, and its listener has said already what does not resolve.
      return Level.FINE;
    }
    return switch (entry.getLogLevel()) {
      case AUDIT, ERROR -> Level.SEVERE;
      case WARN -> Level.WARNING;
      case INFO -> Level.INFO;
      case DEBUG, TRACE -> Level.FINE;
    };
  }

  /** By its text, because log entries carry a stand-in for the exception. */
  private static boolean unresolved(Throwable thrown) {
    return thrown != null && String.valueOf(thrown.getMessage()).contains(UNRESOLVED);
  }

  private static void publish(String name, Level level, String message, Throwable thrown) {
    LogRecord entry = new LogRecord(level, message);
    entry.setLoggerName(name);
    entry.setThrown(thrown);
    Logger.getLogger(name).log(entry);
  }
}
