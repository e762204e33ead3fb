package virtio.dist;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.BundleException;
import org.osgi.framework.BundleListener;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceListener;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.wiring.BundleWiring;

/** A framework over an instance's folder. Its own bundles are installed here; bricks are whatever lies in the watched folder. */
final class Container {
  private static final System.Logger LOG = System.getLogger("virtio.dist");
  private static final Duration BRICKS = Duration.ofSeconds(10);
  private static final Duration STOP = Duration.ofSeconds(10);

  private final Home home;
  private final Instance instance;
  private final Framework framework;

  /** Makes a container that is not started yet. */
  Container(Home home, Instance instance) throws IOException {
    this.home = home;
    this.instance = instance;
    framework = ServiceLoader.load(FrameworkFactory.class).findFirst()
        .orElseThrow(() -> new IllegalStateException("no OSGi framework on the class path")).newFramework(settings(home, instance));
  }

  /** Starts the framework and its own bundles. */
  void start() throws IOException, BundleException {
    Session.prepare();
    framework.init();
    BundleLog.open(framework.getBundleContext());
    framework.getBundleContext().addBundleListener((SynchronousBundleListener) this::changed);
    start(install(home.bundles()));
    framework.start();
  }

  /** When the framework stops, glue goes first: drivers then reset their devices while those still answer. */
  private void changed(BundleEvent event) {
    if (event.getType() != BundleEvent.STOPPING || event.getBundle().getBundleId() != Constants.SYSTEM_BUNDLE_ID) {
      return;
    }
    for (Bundle glue : bricks().stream().filter(bundle -> bundle.getSymbolicName().startsWith("virtio.glue.")).toList()) {
      try {
        glue.stop(Bundle.STOP_TRANSIENT);
      } catch (BundleException e) {
        LOG.log(System.Logger.Level.WARNING, glue.getSymbolicName() + " does not stop", e);
      }
    }
  }

  private static Map<String, String> settings(Home home, Instance instance) throws IOException {
    Properties file = new Properties();
    try (Reader reader = Files.newBufferedReader(home.settings())) {
      file.load(reader);
    }
    Map<String, String> settings = new HashMap<>();
    file.forEach((name, value) -> settings.put((String) name, (String) value));
    settings.put(Constants.FRAMEWORK_STORAGE, instance.cache().resolve("framework").toString());
    settings.put("felix.fileinstall.dir", instance.load() + "," + instance.etc());
    settings.put("felix.fileinstall.tmpdir", instance.cache().resolve("fileinstall").toString());
    settings.put("gosh.home", home.folder().toString());
    settings.put("virtio.instance", instance.folder().toString());
    return settings;
  }

  private List<Bundle> install(List<Path> jars) throws BundleException {
    BundleContext context = framework.getBundleContext();
    List<Bundle> bundles = new ArrayList<>();
    for (Path jar : jars) {
      bundles.add(context.installBundle("reference:" + jar.toUri()));
    }
    return bundles;
  }

  private static void start(List<Bundle> bundles) throws BundleException {
    for (Bundle bundle : bundles) {
      bundle.start();
    }
  }

  /**
   * Waits until every brick in the watched folder runs and the shell's commands are there. A brick that does not start is no
   * reason to stop: it is named in the log, and the rest goes on.
   */
  void awaitBricks() throws IOException, InterruptedException {
    int files = instance.bricks().size();
    try {
      await(BRICKS, () -> bricks().size() == files && bricks().stream().allMatch(Container::active) && commands());
    } catch (TimeoutException e) {
      LOG.log(System.Logger.Level.DEBUG, "bricks are late", e);
      bricks().stream().filter(bundle -> !active(bundle))
          .forEach(bundle -> LOG.log(System.Logger.Level.WARNING, "{0} does not start", bundle.getSymbolicName()));
    }
  }

  private List<Bundle> bricks() {
    String place = instance.load().toUri().toString().replace("file:///", "file:/");
    return List.of(framework.getBundleContext().getBundles()).stream().filter(bundle -> bundle.getLocation().startsWith(place)).toList();
  }

  private static boolean active(Bundle bundle) {
    return bundle.getState() == Bundle.ACTIVE;
  }

  private boolean commands() {
    try {
      return framework.getBundleContext().getAllServiceReferences(null, "(osgi.command.scope=virtio)") != null;
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Looks again whenever something changes in the framework. */
  private void await(Duration limit, BooleanSupplier condition) throws InterruptedException, TimeoutException {
    Object changed = new Object();
    Runnable wake = () -> {
      synchronized (changed) {
        changed.notifyAll();
      }
    };
    BundleContext context = framework.getBundleContext();
    BundleListener bundles = event -> wake.run();
    ServiceListener services = event -> wake.run();
    context.addBundleListener(bundles);
    context.addServiceListener(services);
    long end = System.nanoTime() + limit.toNanos();
    synchronized (changed) {
      while (!condition.getAsBoolean()) {
        long left = (end - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          throw new TimeoutException("after " + limit);
        }
        changed.wait(left);
      }
    }
    context.removeBundleListener(bundles);
    context.removeServiceListener(services);
  }

  /**
   * Runs a line in a shell session of its own, on the calling thread and the JVM's own streams.
   *
   * @param line what a user would type
   * @return the exit status: the command's if it gives one, otherwise 0
   */
  int execute(String line) throws ReflectiveOperationException, InterruptedException {
    return execute(line, Session.standardOutput());
  }

  /** Runs a line like {@link #execute(String)}, but drops what it prints. */
  int executeSilently(String line) throws ReflectiveOperationException, InterruptedException {
    return execute(line, new PrintStream(OutputStream.nullOutputStream()));
  }

  private int execute(String line, PrintStream out) throws ReflectiveOperationException, InterruptedException {
    try (Session session = Session.open(framework.getBundleContext(), out)) {
      return session.execute(line);
    }
  }

  /** Opens the shell on the terminal. Its end stops the framework. */
  void console() throws IOException, BundleException {
    List<Bundle> bundles = install(home.console());
    start(bundles.stream().filter(Container::terminal).toList());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    for (Bundle terminal : bundles.stream().filter(Container::terminal).toList()) {
      // JLine finds the kinds of terminal that it knows by the thread's class loader.
      thread.setContextClassLoader(terminal.adapt(BundleWiring.class).getClassLoader());
    }
    try {
      start(bundles);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static boolean terminal(Bundle bundle) {
    return bundle.getSymbolicName().equals("org.jline");
  }

  /** Waits until the framework has stopped, whoever stopped it. */
  void awaitStop() throws InterruptedException {
    framework.waitForStop(0);
  }

  /** Stops the framework and all bundles, however far it has come, and waits for it, bounded. */
  void stop() throws BundleException, InterruptedException {
    framework.stop();
    framework.waitForStop(STOP.toMillis());
  }
}
