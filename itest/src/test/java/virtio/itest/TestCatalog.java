package virtio.itest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.Attributes;
import java.lang.classfile.AttributedElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Every test of every module with what its annotations say that it shows, read from the compiled tests without loading them. A test that is
 * inherited from a contract counts for each class that inherits it; a contract that nobody passes counts for nothing.
 */
final class TestCatalog {
  private static final Set<String> TESTS = Set.of("Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate");

  /** What Surefire and Failsafe run. Rigs that are to fail have other names, or lie inside a test. */
  private static final Pattern RUN = Pattern.compile("[^$]*(Test|IT)");

  private final Map<String, ClassModel> classes = new LinkedHashMap<>();
  private final SortedSet<String> concrete = new TreeSet<>();

  private TestCatalog() {}

  /** All tests of the modules that are built up to here. */
  static TestCatalog scan() {
    TestCatalog catalog = new TestCatalog();
    for (String module : Reactor.built()) {
      catalog.read(Reactor.root(module, "target", "test-classes"), Reactor.root(module, "src", "test", "java"));
    }
    catalog.read(Reactor.root("testkit", "target", "classes"), null);
    return catalog;
  }

  /** @param sources of the tests, since a class file may outlive its source; null for what is no test itself */
  private void read(Path folder, Path sources) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).sorted().toList()) {
        ClassModel model = ClassFile.of().parse(file);
        String name = model.thisClass().asInternalName();
        classes.put(name, model);
        if (sources != null && !model.flags().has(AccessFlag.ABSTRACT) && RUN.matcher(name).matches()
            && Files.exists(sources.resolve(name + ".java"))) {
          concrete.add(name);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The tests by what they show.
   *
   * @param annotation the simple name of one of the test kit's annotations
   * @return value of the annotation to tests, as {@code Class.method}, or {@code Class} where it stands on the type
   */
  SortedMap<String, SortedSet<String>> by(String annotation) {
    String type = "Lvirtio/testkit/" + annotation + ";";
    SortedMap<String, SortedSet<String>> found = new TreeMap<>();
    for (String name : concrete) {
      String title = name.substring(name.lastIndexOf('/') + 1).replace('$', '.');
      for (ClassModel model = classes.get(name); model != null; model = parent(model)) {
        boolean own = model.methods().stream().anyMatch(TestCatalog::isTest);
        if (own) {
          values(model, type).forEach(value -> found.computeIfAbsent(value, v -> new TreeSet<>()).add(title));
        }
        for (MethodModel method : model.methods()) {
          if (isTest(method)) {
            values(method, type).forEach(value -> found.computeIfAbsent(value, v -> new TreeSet<>())
                .add(title + "." + method.methodName()));
          }
        }
      }
    }
    return found;
  }

  private ClassModel parent(ClassModel model) {
    return model.superclass().map(type -> classes.get(type.asInternalName())).orElse(null);
  }

  private static boolean isTest(MethodModel method) {
    Stream<String> types = annotations(method).map(annotation -> annotation.className().stringValue());
    return types.anyMatch(type -> type.startsWith("Lorg/junit/jupiter/")
        && TESTS.contains(type.substring(type.lastIndexOf('/') + 1, type.length() - 1)));
  }

  private static Stream<String> values(AttributedElement element, String type) {
    return annotations(element).filter(annotation -> annotation.className().equalsString(type))
        .flatMap(annotation -> annotation.elements().stream())
        .filter(pair -> pair.name().equalsString("value"))
        .flatMap(pair -> strings(pair.value()));
  }

  private static Stream<String> strings(AnnotationValue value) {
    return switch (value) {
      case AnnotationValue.OfString text -> Stream.of(text.stringValue());
      case AnnotationValue.OfArray several -> several.values().stream().flatMap(TestCatalog::strings);
      default -> Stream.of();
    };
  }

  private static Stream<Annotation> annotations(AttributedElement element) {
    return element.findAttribute(Attributes.runtimeVisibleAnnotations()).stream().flatMap(all -> all.annotations().stream());
  }
}
