package virtio.itest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The build that these tests are part of: its modules, in their order, and what was built of them. */
final class Reactor {
  private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");
  private static final Path ROOT = root();

  private Reactor() {}

  static Path root(String... names) {
    Path path = ROOT;
    for (String name : names) {
      path = path.resolve(name);
    }
    return path;
  }

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    return Files.exists(folder.resolve("bench")) ? folder : folder.getParent();
  }

  /** The folders of all modules, in the order in which they are built. */
  static List<String> modules() {
    return MODULE.matcher(text(root("pom.xml"))).results().map(match -> match.group(1)).toList();
  }

  /** Those that are built before these tests, and these. */
  static List<String> built() {
    List<String> modules = modules();
    return modules.subList(0, modules.indexOf("itest") + 1);
  }

  /** The folders whose jars run in a container: the bricks, the ports, the glue, the shell. */
  static List<String> bundles() {
    return built().stream().filter(folder -> !List.of("testkit", "dist", "itest").contains(folder)).toList();
  }

  /** The jar that a module was built to. */
  static Path jar(String folder) {
    String artifact = artifact(folder);
    Path target = root(folder, "target");
    if (!Files.isDirectory(target)) {
      throw new IllegalStateException(folder + " is not built (mvn package)");
    }
    try (Stream<Path> files = Files.list(target)) {
      return files.filter(file -> file.getFileName().toString().matches(Pattern.quote(artifact) + "-[\\d.]+(-SNAPSHOT)?\\.jar")).findFirst()
          .orElseThrow(() -> new IllegalStateException("no jar of " + artifact + " in " + target + " (mvn package)"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A module's artifact, which is also its bundle's symbolic name. */
  static String artifact(String folder) {
    return folder.startsWith("virtio.") ? folder : "virtio." + folder;
  }

  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
