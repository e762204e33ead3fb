package virtio.dist;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.osgi.framework.BundleException;

/** Starts a container as the command line asks. Exit status: 0 success, 1 a failure, 2 a wrong command line. */
public final class Main {
  private static final int FAILURE = 1;
  private static final int WRONG_USAGE = 2;
  private static final String DEFAULT_GLUE = "block.lguest.split.lguest";
  private static final System.Logger LOG = System.getLogger("virtio.dist");

  private final Home home;
  private final Options options;
  private final Instance instance;

  private Main(Home home, Options options, Instance instance) {
    this.home = home;
    this.options = options;
    this.instance = instance;
  }

  /**
   * Runs until the shell or the command ends, then leaves the JVM.
   *
   * @param arguments the folder of the built container, the folder of the interactive instance, then the user's words
   */
  public static void main(String[] arguments) {
    Home home = new Home(Path.of(arguments[0]).toAbsolutePath());
    Path folder = Path.of(arguments[1]).toAbsolutePath();
    System.exit(run(home, folder, Arrays.copyOfRange(arguments, 2, arguments.length)));
  }

  private static int run(Home home, Path folder, String... words) {
    Options options;
    try {
      options = Options.parse(words);
      checkGlue(home, options);
    } catch (IllegalArgumentException | IOException e) {
      return complain(e, WRONG_USAGE);
    }
    try {
      requireProgram(options);
      return new Main(home, options, instance(options, folder)).run();
    } catch (Exception e) {
      LOG.log(System.Logger.Level.DEBUG, "ended by an exception", e);
      return complain(e, FAILURE);
    }
  }

  private static void checkGlue(Home home, Options options) throws IOException {
    List<String> known = home.combinations();
    String glue = parts(options).glue();
    if (!known.contains(glue)) {
      throw new IllegalArgumentException("--glue " + glue + ": no such combination; there are " + String.join(", ", known));
    }
  }

  /** A check says by itself what it skips, and why. */
  private static void requireProgram(Options options) {
    String program = parts(options).program();
    if (options.mode() != Options.Mode.CHECK && !program.isEmpty() && !onPath(program)) {
      throw new IllegalStateException(program + " not found; install it (Debian: apt-get install qemu-system-x86)");
    }
  }

  private static boolean onPath(String program) {
    String path = System.getenv("PATH");
    return path != null && Stream.of(path.split(File.pathSeparator)).anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  private static Parts parts(Options options) {
    return new Parts(options.glue().orElse(DEFAULT_GLUE));
  }

  private static Instance instance(Options options, Path folder) throws IOException {
    Instance instance = options.mode() == Options.Mode.SHELL ? Instance.at(folder) : Instance.temporary();
    System.setProperty("virtio.instance", instance.folder().toString());
    Log.start(instance.log());
    return instance;
  }

  private static int complain(Throwable e, int status) {
    if (e instanceof InvocationTargetException) {
      return complain(e.getCause(), status);
    }
    System.err.println("virtio: " + (e.getMessage() == null ? e : e.getMessage()));
    return status;
  }

  private int run() throws Exception {
    Container container = new Container(home, instance);
    stopAtExit(container);
    for (Path brick : home.bricks()) {
      instance.deploy(brick);
    }
    if (options.mode() != Options.Mode.CHECK) {
      configure();
    }
    container.start();
    container.awaitBricks();
    return switch (options.mode()) {
      case CHECK -> container.execute(options.command());
      case EXEC -> {
        container.executeSilently("virtio:ports --wait 3");
        yield container.execute(options.command());
      }
      case SHELL -> {
        container.execute("virtio:ports --wait 10");
        container.console();
        container.awaitStop();
        yield 0;
      }
    };
  }

  private void configure() throws IOException {
    Templates templates = new Templates(home, instance);
    Parts parts = parts(options);
    switch (parts.driver()) {
      case Parts.BLOCK -> {
        Path image = options.image().isPresent() ? options.image().get() : instance.image();
        templates.disk(parts, new DiskImage(image, options.image().isPresent() && !options.write()));
      }
      case Parts.NET -> templates.card(parts, options.tap().orElse(""));
      case Parts.PIPE -> templates.pipe(parts, instance.folder().resolve("pipe0"));
      default -> throw new IllegalStateException("--glue " + parts.glue() + ": nothing here configures a port for " + parts.driver());
    }
  }

  /** However the JVM ends, by the shell, a command or an interrupt: the framework stops first, then the instance goes. */
  private void stopAtExit(Container container) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try (instance) {
        container.stop();
      } catch (IOException | BundleException e) {
        complain(e, FAILURE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }, "virtio-stop"));
  }
}
