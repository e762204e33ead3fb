package virtio.shell;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.bus.Port;

/**
 * A machine, a device on it and a port of their own for one combination, set up through Config Admin as a user would, and taken away
 * again. One thread.
 */
final class Mount implements AutoCloseable {
  /** The program that has the real devices. */
  static final String QEMU = "qemu-system-x86_64";
  /** How long what was configured may take to go again. */
  private static final int GONE_SECONDS = 10;
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final BundleContext context;
  private final ConfigurationAdmin admin;
  private final Deque<Part> parts = new ArrayDeque<>();
  private final String name = "check" + NUMBERS.incrementAndGet();

  /**
   * What one configuration brings.
   *
   * @param service a filter for it; empty where it brings no service
   */
  private record Part(Configuration configuration, String service) {}

  private Mount(BundleContext context, ConfigurationAdmin admin) {
    this.context = context;
    this.admin = admin;
  }

  /**
   * Configures machine, device and port; none of them need be there when this returns.
   *
   * @param image served as it is
   */
  static Mount of(BundleContext context, ConfigurationAdmin admin, Parts parts, Path image) throws IOException {
    Mount mount = new Mount(context, admin);
    String name = mount.name;
    try {
      if (parts.real()) {
        String drive = image.toString().replace(",", ",,") + ",format=raw,serial=" + name;
        mount.configure(parts.hostPid(), "(virtio.machine=" + name + ")", Map.of("drives", new String[] {drive}));
      } else {
        mount.configure(parts.hostPid(), "(virtio.host=" + name + ")", Map.of("layout", parts.config()));
        mount.configure(parts.devicePid(), "", Map.of("image", image.toString(), "readonly", "false", "serial", name,
            "faces", parts.face(), "host.target", "(virtio.host=" + name + ")"));
      }
      mount.configure(parts.portPid(), "(virtio.port=" + name + ")", Map.of("glue.target", "(virtio.glue=" + parts.name() + ")",
          "device.filter", "(name=" + name + "/*)"));
      return mount;
    } catch (IOException | RuntimeException e) {
      mount.close();
      throw e;
    }
  }

  /** Whether {@link #QEMU} is on the path. */
  static boolean qemu() {
    String path = System.getenv("PATH");
    return path != null && Stream.of(path.split(File.pathSeparator)).anyMatch(folder -> Files.isExecutable(Path.of(folder, QEMU)));
  }

  private void configure(String factoryPid, String service, Map<String, ?> properties) throws IOException {
    Configuration configuration = admin.createFactoryConfiguration(factoryPid, "?");
    parts.push(new Part(configuration, service));
    Hashtable<String, Object> dictionary = new Hashtable<>(properties);
    dictionary.put("name", name);
    configuration.update(dictionary);
  }

  /** The name that the machine, the device and the port share. */
  String name() {
    return name;
  }

  /** The port's state line; empty while there is no port. */
  String state() {
    for (ServiceReference<?> reference : references("(virtio.port=" + name + ")")) {
      if (context.getService(reference) instanceof Port port) {
        String state = port.state();
        context.ungetService(reference);
        return state;
      }
    }
    return "";
  }

  /** Deletes the configurations, the port's first, each when the one before has taken effect. */
  @Override
  public void close() throws IOException {
    while (!parts.isEmpty()) {
      Part part = parts.pop();
      part.configuration().delete();
      if (!part.service().isEmpty() && !Wait.calmlyUntil(GONE_SECONDS, () -> references(part.service()).length == 0)) {
        throw new IOException(part.service() + " is still there after " + GONE_SECONDS + " s");
      }
    }
  }

  private ServiceReference<?>[] references(String filter) {
    try {
      ServiceReference<?>[] references = context.getAllServiceReferences(null, filter);
      return references == null ? new ServiceReference<?>[0] : references;
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
