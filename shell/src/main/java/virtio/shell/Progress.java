package virtio.shell;

import java.io.Console;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Process;

/**
 * One line on a terminal that says how far something is, written over in place and wiped at the end. Silent for the first second, then
 * at most ten times a second; silent throughout where nobody sits at a terminal. One thread.
 */
final class Progress implements AutoCloseable {
  private static final long SILENT = TimeUnit.SECONDS.toNanos(1);
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

  private final PrintStream out;
  private long next = System.nanoTime() + SILENT;
  private int width;

  /** @param out null for nobody */
  Progress(PrintStream out) {
    this.out = out;
  }

  /** On the error stream of the command that runs: progress is no part of what it answers. */
  static Progress here() {
    Console console = System.console();
    Process process = Process.Utils.current();
    return new Progress(console != null && console.isTerminal() && process != null ? process.err() : null);
  }

  /** Where the command that runs writes what it answers: the next command of a pipe, or the session. */
  static PrintStream answers(CommandSession session) {
    Process process = Process.Utils.current();
    return process == null ? session.getConsole() : process.out();
  }

  void say(String text) {
    long now = System.nanoTime();
    if (out == null || now - next < 0) {
      return;
    }
    next = now + PAUSE;
    out.print("\r" + text + " ".repeat(Math.max(0, width - text.length())));
    out.flush();
    width = text.length();
  }

  /** Wipes the line, so that something else can be written there. */
  @Override
  public void close() {
    if (width > 0) {
      out.print("\r" + " ".repeat(width) + "\r");
      out.flush();
      width = 0;
    }
  }
}
