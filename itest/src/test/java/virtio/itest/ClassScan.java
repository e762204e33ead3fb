package virtio.itest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.Annotation;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.lang.reflect.AccessFlag;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What class files say about who uses what: rules that no manifest shows. */
final class ClassScan {
  private static final Pattern DESCRIBED = Pattern.compile("L(virtio/[\\w/$]+)[;<]");
  private static final Pattern BARE_INTEGER_NAMES = Pattern.compile("irq|vector|line|fd|interrupt|doorbell", Pattern.CASE_INSENSITIVE);
  private static final Set<String> INTEGERS = Set.of("I", "J", "S", "Ljava/lang/Integer;", "Ljava/lang/Long;");

  private ClassScan() {}

  /** Classes of ours that a bundle's class files name although they are neither its own nor in a package it may use. */
  static List<String> foreignClasses(BuiltBundle bundle) {
    Set<String> allowed = new TreeSet<>(Arrows.allowed(bundle.folder()));
    allowed.addAll(bundle.contents());
    allowed.add("virtio.bus.annotation");   // of retention CLASS: read when bundles are built, never when they run
    Set<String> foreign = new TreeSet<>();
    each(bundle, model -> named(model).stream().filter(name -> !allowed.contains(packageOf(name)))
        .forEach(name -> foreign.add(dotted(model) + " names " + name.replace('/', '.'))));
    return List.copyOf(foreign);
  }

  private static Set<String> named(ClassModel model) {
    Set<String> names = new TreeSet<>();
    for (PoolEntry entry : model.constantPool()) {
      if (entry instanceof ClassEntry type && type.asInternalName().startsWith("virtio/")) {
        names.add(type.asInternalName());
      } else if (entry instanceof Utf8Entry text) {
        DESCRIBED.matcher(text.stringValue()).results().forEach(match -> names.add(match.group(1)));
      }
    }
    return names;
  }

  /** Calls of the methods that the JDK restricts, and methods that are native themselves. */
  static List<String> restrictedCalls(BuiltBundle bundle, Set<String> restricted) {
    Set<String> calls = new TreeSet<>();
    each(bundle, model -> {
      members(model).stream().filter(restricted::contains).forEach(member -> calls.add(dotted(model) + " calls " + member));
      model.methods().stream().filter(method -> method.flags().has(AccessFlag.NATIVE))
          .forEach(method -> calls.add(dotted(model) + " has native " + method.methodName()));
    });
    return List.copyOf(calls);
  }

  /** Uses of the process's own output streams. */
  static List<String> systemStreams(BuiltBundle bundle) {
    Set<String> uses = new TreeSet<>();
    each(bundle, model -> members(model).stream().filter(member -> member.matches("java/lang/System\\.(out|err)Ljava.*"))
        .forEach(member -> uses.add(dotted(model) + " uses " + member)));
    return List.copyOf(uses);
  }

  private static Set<String> members(ClassModel model) {
    Set<String> members = new TreeSet<>();
    for (PoolEntry entry : model.constantPool()) {
      if (entry instanceof MemberRefEntry member) {
        members.add(member.owner().asInternalName() + "." + member.name() + member.type());
      }
    }
    return members;
  }

  /** The JDK's restricted methods, as the JDK itself marks them. */
  static Set<String> restricted() {
    Set<String> methods = new TreeSet<>();
    try (Stream<Path> files = Files.walk(FileSystems.getFileSystem(URI.create("jrt:/")).getPath("modules/java.base/java/lang"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
        ClassModel model = ClassFile.of().parse(file);
        model.methods().stream().filter(ClassScan::isRestricted)
            .forEach(method -> methods.add(model.thisClass().asInternalName() + "." + method.methodName() + method.methodType()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return methods;
  }

  private static boolean isRestricted(MethodModel method) {
    return annotations(method).anyMatch(annotation -> annotation.className().equalsString("Ljdk/internal/javac/Restricted;"));
  }

  private static Stream<Annotation> annotations(MethodModel method) {
    return Stream.concat(
        method.findAttribute(Attributes.runtimeVisibleAnnotations()).stream().flatMap(all -> all.annotations().stream()),
        method.findAttribute(Attributes.runtimeInvisibleAnnotations()).stream().flatMap(all -> all.annotations().stream()));
  }

  /** Public methods of exported packages where an interrupt, a doorbell or the way to a device is a bare integer. */
  static List<String> bareIntegers(BuiltBundle bundle) {
    Set<String> exported = bundle.packages("Export-Package");
    List<String> found = new ArrayList<>();
    each(bundle, model -> {
      if (exported.contains(packageOf(model.thisClass().asInternalName()))) {
        model.methods().stream().filter(method -> !method.flags().has(AccessFlag.PRIVATE) && !method.flags().has(AccessFlag.SYNTHETIC))
            .forEach(method -> bareIntegers(model, method, found));
      }
    });
    return found;
  }

  private static void bareIntegers(ClassModel model, MethodModel method, List<String> found) {
    String name = dotted(model) + "." + method.methodName();
    if (BARE_INTEGER_NAMES.matcher(method.methodName()).matches()
        && INTEGERS.contains(method.methodTypeSymbol().returnType().descriptorString())) {
      found.add(name + " gives an integer");
    }
    method.findAttribute(Attributes.methodParameters()).ifPresent(parameters -> {
      for (int i = 0; i < Math.min(parameters.parameters().size(), method.methodTypeSymbol().parameterCount()); i++) {
        String parameter = parameters.parameters().get(i).name().map(Utf8Entry::stringValue).orElse("");
        if (BARE_INTEGER_NAMES.matcher(parameter).matches()
            && INTEGERS.contains(method.methodTypeSymbol().parameterType(i).descriptorString())) {
          found.add(name + " takes an integer " + parameter);
        }
      }
    });
  }

  private static void each(BuiltBundle bundle, Consumer<ClassModel> look) {
    bundle.classes().values().forEach(bytes -> look.accept(ClassFile.of().parse(bytes)));
  }

  private static String dotted(ClassModel model) {
    return model.thisClass().asInternalName().replace('/', '.');
  }

  private static String packageOf(String internalName) {
    return internalName.substring(0, Math.max(0, internalName.lastIndexOf('/'))).replace('/', '.');
  }
}
