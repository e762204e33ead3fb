package virtio.shell;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.bus.Port;

/**
 * A machine, and devices and ports on it, of their own for one combination: set up through Config Admin as a user would, and taken away
 * again. One thread.
 */
final class Mount implements AutoCloseable {
  /** The program that has the real devices. */
  static final String QEMU = "qemu-system-x86_64";
  /** How long what was configured may take to come. */
  private static final int UP_SECONDS = 15;
  /** How long what was configured may take to go again. */
  private static final int GONE_SECONDS = 10;
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final BundleContext context;
  private final ConfigurationAdmin admin;
  private final Parts parts;
  private final Deque<Part> configured = new ArrayDeque<>();
  private final Deque<ServiceReference<?>> held = new ArrayDeque<>();
  private final String name = "check" + NUMBERS.incrementAndGet();

  /**
   * What one configuration brings.
   *
   * @param service a filter for it; empty where it brings no service
   */
  private record Part(Configuration configuration, String service) {}

  Mount(BundleContext context, ConfigurationAdmin admin, Parts parts) {
    this.context = context;
    this.admin = admin;
    this.parts = parts;
  }

  /** Whether {@link #QEMU} is on the path. */
  static boolean qemu() {
    String path = System.getenv("PATH");
    return path != null && Stream.of(path.split(File.pathSeparator)).anyMatch(folder -> Files.isExecutable(Path.of(folder, QEMU)));
  }

  Parts parts() {
    return parts;
  }

  /** The machine's name, and the beginning of all others. */
  String name() {
    return name;
  }

  /** Configures the machine. Like what follows, it need not be there when this returns. */
  void machine(Map<String, ?> properties) throws IOException {
    Map<String, Object> all = new HashMap<>(properties);
    if (parts.real()) {
      configure(parts.hostPid(), name, "(virtio.machine=" + name + ")", all);
    } else {
      if (parts.transport().equals("lguest")) {
        all.put("layout", parts.config());
      }
      configure(parts.hostPid(), name, "(virtio.host=" + name + ")", all);
    }
  }

  /** Configures a device of ours on the machine. */
  void device(String suffix, Map<String, ?> properties) throws IOException {
    Map<String, Object> all = new HashMap<>(properties);
    all.put("faces", parts.face());
    all.put("host.target", "(virtio.host=" + name + ")");
    configure(parts.devicePid(), name + suffix, "", all);
  }

  /** Configures a port for the first idle device of the machine that fits. */
  void port(String suffix, Map<String, ?> properties) throws IOException {
    Map<String, Object> all = new HashMap<>(properties);
    all.put("glue.target", "(virtio.glue=" + parts.name() + ")");
    all.put("device.filter", "(name=" + name + "/*)");
    configure(parts.portPid(), name + suffix, port(suffix), all);
  }

  private String port(String suffix) {
    return "(virtio.port=" + name + suffix + ")";
  }

  private void configure(String factoryPid, String its, String service, Map<String, ?> properties) throws IOException {
    Configuration configuration = admin.createFactoryConfiguration(factoryPid, "?");
    configured.push(new Part(configuration, service));
    Hashtable<String, Object> dictionary = new Hashtable<>(properties);
    dictionary.put("name", its);
    configuration.update(dictionary);
  }

  /**
   * What a port's users hold, the caller's until this is closed.
   *
   * @param left told the seconds left while it has not come
   * @throws IOException saying why it does not come
   */
  <S> S await(Class<S> type, String suffix, LongConsumer left) throws IOException {
    String filter = "(&(objectClass=" + type.getName() + ")" + port(suffix) + ")";
    if (!Wait.until(UP_SECONDS, () -> references(filter).length > 0, left)) {
      String state = state(suffix);
      throw new IOException("no " + type.getSimpleName() + " after " + UP_SECONDS + " s: " + (state.isEmpty() ? "no port" : state));
    }
    for (ServiceReference<?> reference : references(filter)) {
      S service = type.cast(context.getService(reference));
      if (service != null) {
        held.push(reference);
        return service;
      }
    }
    throw new IOException("the " + type.getSimpleName() + " came and went: " + state(suffix));
  }

  /** A port's state line; empty while there is no port. */
  private String state(String suffix) {
    for (ServiceReference<?> reference : references(port(suffix))) {
      if (context.getService(reference) instanceof Port port) {
        String state = port.state();
        context.ungetService(reference);
        return state;
      }
    }
    return "";
  }

  /** Deletes the configurations, the last one first, each when the one before has taken effect. */
  @Override
  public void close() throws IOException {
    held.forEach(context::ungetService);
    held.clear();
    while (!configured.isEmpty()) {
      Part part = configured.pop();
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
