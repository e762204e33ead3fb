package virtio.itest;

import java.io.IOException;
import java.io.StringWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Bricks that were never part of this build: sources, compiled here against the exported packages and nothing else, and loaded by a class
 * loader of their own, which sees nothing else either.
 */
final class Strangers {
  private final Path folder;
  private final Set<String> exported = new TreeSet<>();
  private final Path api;

  /** @param folder for what is compiled */
  Strangers(Path folder) throws IOException {
    this.folder = folder;
    this.api = folder.resolve("api");
    for (String bundle : List.of("virtio.bus", "virtio.block")) {
      BuiltBundle built = BuiltBundle.of(bundle);
      exported.addAll(built.packages("Export-Package"));
      for (Map.Entry<String, byte[]> file : built.classes().entrySet()) {
        if (exported.contains(packageOf(file.getKey().replace('/', '.').replaceAll("\\.class$", "")))) {
          Path target = api.resolve(file.getKey());
          Files.createDirectories(target.getParent());
          Files.write(target, file.getValue());
        }
      }
    }
  }

  /** Compiles the sources of that folder, and makes one of that class. */
  Object make(String sources, String type) throws IOException, ReflectiveOperationException {
    Path classes = Files.createDirectories(folder.resolve(sources));
    compile(Reactor.root("itest", "src", "test", "resources", "strangers", sources), classes);
    return Class.forName(type, true, new URLClassLoader(new URL[] {url(classes)}, new Exported())).getDeclaredConstructor().newInstance();
  }

  private void compile(Path sources, Path classes) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null); Stream<Path> found = Files.list(sources)) {
      boolean compiled = compiler.getTask(said, files, null,
          List.of("-classpath", api.toString(), "-d", classes.toString(), "-proc:none", "-nowarn"), null,
          files.getJavaFileObjectsFromPaths(found.toList())).call();
      if (!compiled) {
        throw new AssertionError(said);
      }
    }
  }

  private static URL url(Path folder) throws MalformedURLException {
    return folder.toUri().toURL();
  }

  private static String packageOf(String type) {
    return type.substring(0, Math.max(0, type.lastIndexOf('.')));
  }

  /** The JDK and what bundles export, as this bundle was wired to it. */
  private final class Exported extends ClassLoader {
    Exported() {
      super(ClassLoader.getPlatformClassLoader());
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      if (!exported.contains(packageOf(name))) {
        throw new ClassNotFoundException(name + " is in no exported package");
      }
      return Strangers.class.getClassLoader().loadClass(name);
    }
  }
}
