package virtio.shell;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;

/** Puts combinations to the test, one after the other, and says in a line each how they did. One thread at a time. */
final class Check {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  private static final String DEFAULT = "block.lguest.split.lguest";

  private final BundleContext context;
  private final ConfigurationAdmin admin;
  private final Bricks bricks;

  Check(BundleContext context, ConfigurationAdmin admin, Bricks bricks) {
    this.context = context;
    this.admin = admin;
    this.bricks = bricks;
  }

  /** @return the exit status */
  int run(CheckOptions options, PrintStream out) throws IOException {
    List<String> present = bricks.combinations();
    List<String> names = options.all() ? present : List.of(options.glue() == null ? DEFAULT : options.glue());
    if (present.isEmpty()) {
      out.println("check: no glue bundle is active");
      return FAILED;
    }
    if (!present.containsAll(names)) {
      out.println("check: glue=" + names.getFirst() + " (one of: " + String.join(", ", present) + ")");
      return USAGE;
    }
    Map<Outcome.Kind, Integer> counts = new EnumMap<>(Outcome.Kind.class);
    Path folder = folder();
    try {
      for (String name : names) {
        Outcome outcome = trial(folder, options, name);
        out.println(name + " " + outcome);
        out.flush();
        counts.merge(outcome.kind(), 1, Integer::sum);
      }
    } finally {
      delete(folder);
    }
    out.println("%d combinations: %d ok, %d skipped, %d failed".formatted(names.size(), counts.getOrDefault(Outcome.Kind.OK, 0),
        counts.getOrDefault(Outcome.Kind.SKIPPED, 0), counts.getOrDefault(Outcome.Kind.FAILED, 0)));
    return counts.containsKey(Outcome.Kind.FAILED) ? FAILED : DONE;
  }

  private Outcome trial(Path folder, CheckOptions options, String name) {
    try (Progress progress = Progress.here()) {
      return new Trial(context, admin, bricks, folder, options, progress).run(name);
    }
  }

  /** In the instance's folder where there is one: it is deleted with it, whatever happens. */
  private Path folder() throws IOException {
    String instance = context.getProperty("virtio.instance");
    return instance == null ? Files.createTempDirectory("virtio-check-") : Files.createTempDirectory(Path.of(instance), "check-");
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> images = Files.list(folder)) {
      for (Path image : images.toList()) {
        Files.delete(image);
      }
    }
    Files.delete(folder);
  }
}
