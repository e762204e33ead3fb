package virtio.dist;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The built container: folders of files that no run changes.
 *
 * @param folder the folder that holds {@code bundle}, {@code console}, {@code load} and {@code etc}
 */
record Home(Path folder) {
  private static final String GLUE = "virtio.glue.";

  /** Returns the bundles that every container has, in the order of their names. */
  List<Path> bundles() throws IOException {
    return files("bundle", "*.jar");
  }

  /** Returns the bundles of the interactive shell. */
  List<Path> console() throws IOException {
    return files("console", "*.jar");
  }

  /** Returns the bricks and the glue. */
  List<Path> bricks() throws IOException {
    return files("load", "*.jar");
  }

  /** Returns the framework's settings, a properties file. */
  Path settings() {
    return folder.resolve("conf").resolve("framework.properties");
  }

  /** Returns a template of a configuration. */
  Path template(String name) {
    return folder.resolve("etc").resolve(name);
  }

  /** Returns the templates of one kind of port: of it, of its device, and of machines that are different for it. */
  List<Path> templates(String kind) throws IOException {
    return files(Path.of("etc", kind).toString(), "*.cfg");
  }

  /** Returns the names of the combinations that have glue here. */
  List<String> combinations() throws IOException {
    return files("load", GLUE + "*.jar").stream().map(file -> file.getFileName().toString())
        .map(name -> name.substring(GLUE.length(), name.length() - ".jar".length())).toList();
  }

  private List<Path> files(String name, String pattern) throws IOException {
    return files(folder.resolve(name), pattern);
  }

  /** Returns the files of a folder whose names match a pattern, sorted. */
  static List<Path> files(Path folder, String pattern) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, pattern)) {
      found.forEach(files::add);
    }
    files.sort(null);
    return files;
  }
}
