package virtio.itest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** What bricks leave behind if they are not clean: threads, mappings, open files, services. */
final class Traces {
  /** Of the container and the JVM, which come and go as they like. */
  private static final Pattern OTHERS = Pattern.compile(
      "(SCR|CM |Felix|felix|gogo|Gogo|ForkJoinPool|Common-Cleaner|Cleaner|Attach|process reaper|surefire|junit|Reference|Signal|main).*");
  /** How the kernel shows memory that processes or halves share without a file of their own. */
  private static final Pattern SHARED = Pattern.compile(".*\\srw-s\\s.*(/dev/zero|/memfd:|/dev/shm/|/virtio).*");

  private Traces() {}

  /** Threads that live, but those of {@code before} and those of the container. */
  static Set<String> threads(Set<Long> before) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !before.contains(thread.threadId()) && !OTHERS.matcher(thread.getName()).matches())
        .map(Thread::getName).collect(Collectors.toCollection(TreeSet::new));
  }

  /** By their ids: who holds a thread holds what it worked with. */
  static Set<Long> living() {
    return Thread.getAllStackTraces().keySet().stream().map(Thread::threadId).collect(Collectors.toSet());
  }

  /** Shared mappings of this process. */
  static List<String> mappings() {
    try {
      return Files.readAllLines(Path.of("/proc/self/maps")).stream().filter(line -> SHARED.matcher(line).matches()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Programs that this process has started, and that still run, by their ids. */
  static List<String> processes() {
    return ProcessHandle.current().descendants().filter(ProcessHandle::isAlive)
        .map(process -> process.pid() + " " + process.info().commandLine().orElse("")).sorted().toList();
  }

  /** Files below that folder that this process has open. */
  static List<String> openFiles(Path folder) {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.map(Traces::target).filter(target -> target.startsWith(folder.toString() + "/")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "";   // closed since it was listed
    }
  }

  /** Services of our own bundles: what they are and what they are called. */
  static Set<String> services(BundleContext context) {
    return Arrays.stream(context.getBundles()).filter(Traces::ours)
        .flatMap(bundle -> bundle.getRegisteredServices() == null ? Stream.of() : Arrays.stream(bundle.getRegisteredServices()))
        .map(Traces::text).collect(Collectors.toCollection(TreeSet::new));
  }

  static boolean ours(Bundle bundle) {
    return bundle.getSymbolicName() != null && bundle.getSymbolicName().startsWith("virtio.");
  }

  private static String text(ServiceReference<?> reference) {
    String names = Arrays.stream(reference.getPropertyKeys()).filter(key -> key.startsWith("virtio."))
        .map(key -> key + "=" + reference.getProperty(key)).sorted().collect(Collectors.joining(" "));
    return Arrays.toString((String[]) reference.getProperty("objectClass")) + " " + names;
  }
}
