package virtio.shell;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;

/** One combination put to the test: set up, exercised as its kind of port asks for, taken away. One thread. */
final class Trial {
  private static final System.Logger LOG = System.getLogger("virtio.shell");
  private static final int BRICKS_SECONDS = 2;

  private final BundleContext context;
  private final ConfigurationAdmin admin;
  private final Bricks bricks;
  private final Path folder;
  private final CheckOptions options;
  private final Progress progress;

  /** @param folder for what an exercise needs; somebody else's to delete */
  Trial(BundleContext context, ConfigurationAdmin admin, Bricks bricks, Path folder, CheckOptions options, Progress progress) {
    this.context = context;
    this.admin = admin;
    this.bricks = bricks;
    this.folder = folder;
    this.options = options;
    this.progress = progress;
  }

  Outcome run(String combination) {
    Parts parts;
    try {
      parts = Parts.of(combination);
    } catch (IllegalArgumentException e) {
      return Outcome.failed(e.getMessage());
    }
    Exercise exercise = switch (parts.driver()) {
      case "block" -> new DiskExercise(folder, options, progress);
      case "net" -> new CardExercise(options.sabotage(), progress);
      case "pipe" -> new PipeExercise(folder, options.sabotage(), progress);
      default -> null;
    };
    if (exercise == null) {
      return Outcome.skipped("nothing here knows what to do with a port for " + parts.driver());
    }
    for (String pid : parts.pids()) {
      if (!bricks.takes(pid)) {
        return Outcome.skipped("no bundle here takes " + pid);
      }
    }
    if (parts.real() && !Mount.qemu()) {
      return Outcome.skipped(Mount.QEMU + " not found");
    }
    if (!Wait.until(BRICKS_SECONDS, () -> bricks.missing(combination).isEmpty(), left -> { })) {
      return Outcome.failed(bricks.missing(combination).stream().map(m -> "missing " + m.reference() + " " + m.target())
          .collect(Collectors.joining(", ")));
    }
    return tried(parts, exercise);
  }

  private Outcome tried(Parts parts, Exercise exercise) {
    try (exercise; Mount mount = new Mount(context, admin, parts)) {
      return exercise.on(mount);
    } catch (IOException | RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, parts.name(), e);
      return Outcome.failed(e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }
}
