package virtio.host.qemu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A QEMU of ours, from start to end. It is ended by its process id. Where {@code setpriv} is installed the kernel ends it when the thread
 * that started it has gone, so even a JVM that is killed leaves none behind; elsewhere a shutdown hook does what it can. Where {@code setsid}
 * is, an interrupt typed at the terminal is for the JVM alone, which takes its drivers away before QEMU ends.
 */
final class QemuProcess implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.host.qemu");
  private static final long TERM_SECONDS = 3;
  private static final long KILL_SECONDS = 10;
  private static final int MOST_LINES = 20;

  private final String name;
  private final Process process;
  private final Thread output;
  private final Thread hook;
  private final List<String> said = new ArrayList<>();
  private boolean serving;

  private QemuProcess(String name, Process process, boolean guarded) {
    this.name = name;
    this.process = process;
    this.output = Thread.ofPlatform().daemon().name("qemu-" + name + "-output").start(this::listen);
    this.hook = guarded ? null : new Thread(process::destroy, "qemu-" + name + "-exit");
    if (hook != null) {
      Runtime.getRuntime().addShutdownHook(hook);
    }
  }

  /**
   * The calling thread must live as long as the process shall.
   *
   * @param arguments without the binary
   */
  static QemuProcess start(String name, String binary, List<String> arguments) throws IOException {
    Path found = find(binary).orElseThrow(() -> new IOException("binary=" + binary + " not found"));
    Optional<Path> guard = find("setpriv");
    List<String> command = new ArrayList<>();
    find("setsid").ifPresent(setsid -> command.add(setsid.toString()));
    guard.ifPresent(setpriv -> command.addAll(List.of(setpriv.toString(), "--pdeathsig", "TERM", "--")));
    command.add(found.toString());
    command.addAll(arguments);
    LOG.log(System.Logger.Level.DEBUG, () -> name + ": " + String.join(" ", command));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
        .start();
    return new QemuProcess(name, process, guard.isPresent());
  }

  private static Optional<Path> find(String binary) {
    Stream<Path> places = binary.contains("/") ? Stream.of(Path.of(binary))
        : Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(":")).map(folder -> Path.of(folder, binary));
    return places.filter(place -> Files.isExecutable(place) && !Files.isDirectory(place)).findFirst();
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Whether it has ended by then. */
  boolean awaitEnd(long millis) {
    try {
      return process.waitFor(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  CompletableFuture<Process> ended() {
    return process.onExit();
  }

  /** From here on what it says goes to the log, line by line. */
  synchronized void serving() {
    serving = true;
  }

  /** Why it has ended, in one line: what it said, if it did. */
  String reason() {
    try {
      output.join(TimeUnit.SECONDS.toMillis(1));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      String exit = "process " + pid() + (alive() ? " runs" : " has ended, exit value " + process.exitValue());
      return said.isEmpty() ? exit : String.join(" | ", said);
    }
  }

  private void listen() {
    try (BufferedReader lines = process.inputReader()) {
      lines.lines().filter(line -> !line.isBlank()).forEach(this::said);
    } catch (IOException | UncheckedIOException ended) {
      LOG.log(System.Logger.Level.DEBUG, name, ended);
    }
  }

  private synchronized void said(String line) {
    if (serving) {
      LOG.log(System.Logger.Level.WARNING, "machine " + name + ": " + line);
    } else if (said.size() < MOST_LINES) {
      said.add(line);
    }
  }

  /** Lets it end in order, and does not let it do otherwise for long. Returns when it has ended. */
  @Override
  public void close() {
    boolean interrupted = false;
    process.destroy();
    try {
      if (!process.waitFor(TERM_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        if (!process.waitFor(KILL_SECONDS, TimeUnit.SECONDS)) {
          LOG.log(System.Logger.Level.ERROR, "machine " + name + ": process " + pid() + " does not end");
        }
      }
    } catch (InterruptedException again) {
      interrupted = true;
      process.destroyForcibly();
    }
    if (hook != null) {
      unhook();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void unhook() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException exiting) {
      LOG.log(System.Logger.Level.DEBUG, name, exiting);
    }
  }
}
