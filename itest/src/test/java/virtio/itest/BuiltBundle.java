package virtio.itest;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.Manifest;

/**
 * A bundle as it was built.
 *
 * @param folder of its module
 * @param classes class files by path in the jar
 * @param jars bundles inside it, by path
 */
record BuiltBundle(String folder, Manifest manifest, Map<String, byte[]> classes, Map<String, byte[]> jars) {
  static BuiltBundle of(String folder) {
    return read(folder, Reactor.jar(folder));
  }

  static BuiltBundle read(String folder, Path jar) {
    try (InputStream in = Files.newInputStream(jar)) {
      return read(folder, in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BuiltBundle read(String folder, InputStream in) throws IOException {
    Map<String, byte[]> classes = new TreeMap<>();
    Map<String, byte[]> jars = new TreeMap<>();
    try (JarInputStream jar = new JarInputStream(in)) {
      for (JarEntry entry = jar.getNextJarEntry(); entry != null; entry = jar.getNextJarEntry()) {
        if (entry.getName().endsWith(".class")) {
          classes.put(entry.getName(), jar.readAllBytes());
        } else if (entry.getName().endsWith(".jar")) {
          jars.put(entry.getName(), jar.readAllBytes());
        }
      }
      return new BuiltBundle(folder, jar.getManifest(), classes, jars);
    }
  }

  /** The bundles inside it: one for each combination, where this is the glue. */
  List<BuiltBundle> inner() {
    List<BuiltBundle> inner = new ArrayList<>();
    jars.forEach((path, bytes) -> {
      try {
        inner.add(read(folder, new ByteArrayInputStream(bytes)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
    return inner;
  }

  String symbolicName() {
    return header("Bundle-SymbolicName");
  }

  String header(String name) {
    String value = manifest.getMainAttributes().getValue(name);
    return value == null ? "" : value;
  }

  /** Package names of a header such as Import-Package. */
  Set<String> packages(String header) {
    Set<String> names = new TreeSet<>();
    for (String clause : outsideQuotes(header(header), ',')) {
      for (String part : outsideQuotes(clause, ';')) {
        if (!part.contains("=")) {
          names.add(part.strip());
        }
      }
    }
    return names;
  }

  /** Packages that hold its class files. */
  Set<String> contents() {
    Set<String> names = new TreeSet<>();
    classes.keySet().forEach(path -> names.add(path.substring(0, Math.max(0, path.lastIndexOf('/'))).replace('/', '.')));
    return names;
  }

  private static List<String> outsideQuotes(String text, char separator) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    boolean quoted = false;
    for (char c : text.toCharArray()) {
      quoted ^= c == '"';
      if (c == separator && !quoted) {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(c);
      }
    }
    if (!part.isEmpty()) {
      parts.add(part.toString());
    }
    return parts;
  }
}
