package virtio.itest;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Networks of their own in this kernel, by {@code ip netns}; gone when it is closed, with whatever interface is in them. One thread. */
final class Namespaces implements AutoCloseable {
  private final Path ip = Programs.require("ip", "iproute2");
  private final List<String> names = new ArrayList<>();
  private final List<Process> processes = new ArrayList<>();

  /** Skips the test, and says so, where this process may not make them. */
  static Namespaces require() {
    if (!"root".equals(System.getProperty("user.name")) || !Files.exists(Path.of("/dev/net/tun"))) {
      String reason = "skipped: network namespaces and taps need root and /dev/net/tun";
      System.out.println(reason);
      abort(reason);
    }
    return new Namespaces();
  }

  /** A network with that interface, which is in this process's until then, and that address. */
  void take(String namespace, String link, String address) throws IOException, InterruptedException {
    Await.until(() -> Files.exists(Path.of("/sys/class/net", link)), () -> "no interface " + link);
    Programs.run(ip, "netns", "add", namespace);
    names.add(namespace);
    Programs.run(ip, "link", "set", link, "netns", namespace);
    Programs.run(ip, "-n", namespace, "address", "add", address, "dev", link);
    Programs.run(ip, "-n", namespace, "link", "set", link, "up");
  }

  /** Runs a program in one of them to its end, which must be a good one. @return what it said */
  String run(String namespace, Object... command) throws IOException, InterruptedException {
    return Programs.run(ip, Stream.concat(Stream.of("netns", "exec", namespace), Stream.of(command)).toArray());
  }

  /** Starts a class of the tests, in a JVM of its own, in one of them. */
  Process start(String namespace, Class<?> main, Object... arguments) throws IOException {
    Stream<Object> java = Stream.of(ip, "netns", "exec", namespace, Path.of(System.getProperty("java.home"), "bin", "java"), "-Xmx128m", "-cp",
        Reactor.root("itest", "target", "test-classes"), main.getName());
    Process process = new ProcessBuilder(Stream.concat(java, Stream.of(arguments)).map(Object::toString).toList())
        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    processes.add(process);
    return process;
  }

  /** What a process says, line by line. */
  static BufferedReader lines(Process process) {
    return process.inputReader(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
    List<String> left = new ArrayList<>();
    for (String name : names) {
      if (new ProcessBuilder(ip.toString(), "netns", "delete", name).inheritIO().start().waitFor() != 0) {
        left.add(name);
      }
    }
    if (!left.isEmpty()) {
      throw new IOException("not deleted: " + left);
    }
  }
}
