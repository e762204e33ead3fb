package virtio.itest;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.block.BlockDevice;
import virtio.bus.Port;
import virtio.net.NetworkDevice;

/**
 * What a test sets up through Config Admin, as a user would: machines, devices, ports, and the images behind them. All gone when it is
 * closed. Inside the framework; one thread.
 */
final class Rig implements AutoCloseable {
  private final BundleContext context;
  private final ConfigurationAdmin admin;
  private final Deque<Configuration> configurations = new ArrayDeque<>();
  private final Deque<String> removed = new ArrayDeque<>();
  private final Path folder;

  Rig(BundleContext context, ConfigurationAdmin admin) throws IOException {
    this.context = context;
    this.admin = admin;
    this.folder = Files.createTempDirectory(Reactor.root("itest", "target"), "rig-");
  }

  Path folder() {
    return folder;
  }

  /** An image of zeroes. */
  Path image(String name, long bytes) throws IOException {
    Path image = folder.resolve(name);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    }
    return image;
  }

  Configuration machine(String name, Combination parts) throws IOException {
    return configure("virtio.host." + parts.transport(), Map.of("name", name, "layout", parts.config()));
  }

  Configuration device(String name, String machine, Combination parts, Path image) throws IOException {
    return device(name, machine, parts, Map.of("image", image.toString(), "serial", name));
  }

  /** A device of ours on that machine. @param properties of its kind */
  Configuration device(String name, String machine, Combination parts, Map<String, ?> properties) throws IOException {
    Map<String, Object> all = new HashMap<>(properties);
    all.put("name", name);
    all.put("faces", parts.face());
    all.put("host.target", "(virtio.host=" + machine + ")");
    return configure("virtio.device." + parts.driver(), all);
  }

  /**
   * A machine, and a disk on it that is this image.
   *
   * @return what the disk is configured by: the device, or, where that is QEMU's own, the machine
   */
  Configuration served(String machine, String disk, Combination parts, Path image) throws IOException {
    if (parts.real()) {
      return qemu(machine, Map.of("drives", image + ",format=raw,serial=" + disk));
    }
    machine(machine, parts);
    return device(disk, machine, parts, image);
  }

  /** A machine that is a QEMU; skips the test, and says so, where there is none. */
  Configuration qemu(String name, Map<String, ?> properties) throws IOException {
    boolean arm = String.valueOf(properties.get("machine")).startsWith("virt");
    Programs.require(arm ? "qemu-system-aarch64" : "qemu-system-x86_64", arm ? "qemu-system-arm" : "qemu-system-x86");
    Map<String, Object> all = new HashMap<>(properties);
    all.put("name", name);
    return configure("virtio.host.qemu", all);
  }

  Configuration port(String name, Combination parts) throws IOException {
    return configure("virtio." + parts.driver(), Map.of("name", name, "glue.target", "(virtio.glue=" + parts.name() + ")"));
  }

  /** A factory configuration; all its values are text, as in a file, or lists of it. */
  Configuration configure(String factoryPid, Map<String, ?> properties) throws IOException {
    Configuration configuration = admin.createFactoryConfiguration(factoryPid, "?");
    configurations.push(configuration);
    configuration.update(new Hashtable<String, Object>(properties));
    return configuration;
  }

  /** Changes one property, and leaves the others. What was configured before must have taken effect: two at once may pass for one. */
  static void change(Configuration configuration, String property, String value) throws IOException {
    Dictionary<String, Object> properties = configuration.getProperties();
    properties.put(property, value);
    configuration.update(properties);
  }

  void delete(Configuration configuration) throws IOException {
    configurations.remove(configuration);
    configuration.delete();
  }

  /** The disk that users of that port hold; waits for it, and for its port to be up. */
  BlockDevice disk(String port) {
    return await(BlockDevice.class, port);
  }

  /** The same, of a card. */
  NetworkDevice card(String port) {
    return await(NetworkDevice.class, port);
  }

  <S> S await(Class<S> type, String port) {
    Await.until(() -> isOnline(port) && service(type, port).isPresent(),
        () -> "no " + type.getSimpleName() + ": " + state(port) + "\n" + problems());
    return service(type, port).orElseThrow();
  }

  /** What the shell would tell a user. */
  private String problems() {
    try {
      return new Shell(context).run("virtio:problems").text();
    } catch (Exception e) {
      return "and the shell: " + e;
    }
  }

  /** Waits until the port serves nobody; the port itself may be gone too. */
  void awaitOffline(String port) {
    Await.until(() -> !isOnline(port), () -> "still a disk: " + state(port));
  }

  /** Waits until the port's state line holds these words. */
  void awaitState(String port, String... words) {
    Await.until(() -> Stream.of(words).allMatch(state(port)::contains), () -> Arrays.toString(words) + " not in: " + state(port));
  }

  boolean isOnline(String port) {
    return service(Port.class, port).map(Port::online).orElse(false);
  }

  /** The port's state line; that there is none, where there is none. */
  String state(String port) {
    return service(Port.class, port).map(Port::state).orElse("no port");
  }

  Optional<Port> port(String name) {
    return service(Port.class, name);
  }

  private <S> Optional<S> service(Class<S> type, String port) {
    try {
      for (ServiceReference<S> reference : context.getServiceReferences(type, "(virtio.port=" + port + ")")) {
        S service = context.getService(reference);
        if (service != null) {
          // Not kept: the object stays usable, and a port that is going down would otherwise be counted as used.
          context.ungetService(reference);
          return Optional.of(service);
        }
      }
      return Optional.empty();
    } catch (InvalidSyntaxException e) {
      throw new IllegalArgumentException("port=" + port, e);
    }
  }

  /** What a configuration of that kind brings. */
  private static String services(String factoryPid, String name) {
    boolean machine = factoryPid.startsWith("virtio.host.");
    return machine ? "(|(virtio.host=" + name + ")(virtio.machine=" + name + "))" : "(virtio.port=" + name + ")";
  }

  private int count(String filter) {
    try {
      ServiceReference<?>[] found = context.getAllServiceReferences(null, filter);
      return found == null ? 0 : found.length;
    } catch (InvalidSyntaxException e) {
      throw new IllegalArgumentException(filter, e);
    }
  }

  Bundle bundle(String symbolicName) {
    return Arrays.stream(context.getBundles()).filter(bundle -> symbolicName.equals(bundle.getSymbolicName())).findFirst()
        .orElseThrow(() -> new AssertionError("no bundle " + symbolicName));
  }

  /** Takes a bundle out, as if its jar had been deleted. @return where it came from */
  String remove(String symbolicName) throws BundleException {
    Bundle bundle = bundle(symbolicName);
    bundle.uninstall();
    removed.push(bundle.getLocation());
    return bundle.getLocation();
  }

  /** Puts a bundle in, as if its jar had been dropped; by the framework, because it outlives the test's own bundle. */
  void add(String location) throws BundleException {
    context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).getBundleContext().installBundle(location).start();
    removed.remove(location);
  }

  /** Takes all away, the last first, each when the one before is out; puts back the bundles that are still out. */
  @Override
  public void close() throws IOException, BundleException {
    while (!configurations.isEmpty()) {
      Configuration configuration = configurations.pop();
      String name = String.valueOf(configuration.getProperties().get("name"));
      String filter = services(configuration.getFactoryPid(), name);
      configuration.delete();
      Await.until(() -> count(filter) == 0, () -> name + " is still there: " + state(name));
    }
    for (String location : List.copyOf(removed)) {
      add(location);
    }
    Await.until(() -> Traces.openFiles(folder).isEmpty(), () -> "still open: " + Traces.openFiles(folder));
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
        Files.delete(file);
      }
    }
  }
}
