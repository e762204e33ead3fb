package virtio.dist;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import org.osgi.framework.BundleContext;
import org.osgi.util.tracker.ServiceTracker;

/**
 * A session of the shell, which lives in a bundle. The launcher reaches it by reflection: Gogo's API cannot be shared with the class
 * path, because it looks up its own implementation by its class loader.
 */
final class Session implements AutoCloseable {
  private static final String API = "org.apache.felix.service.command.";
  private static final long LIMIT_MS = 10_000;
  // Gogo replaces System.out and System.err by streams that look up the session's: given to a session, those would call themselves.
  private static final PrintStream OUT = System.out;
  private static final PrintStream ERR = System.err;
  private static final int INSPECT = 0;

  private final Class<?> type;
  private final Object session;
  private final PrintStream out;

  private Session(Class<?> type, Object session, PrintStream out) {
    this.type = type;
    this.session = session;
    this.out = out;
  }

  /** Makes this class remember the JVM's own streams; call it before the framework starts. */
  static void prepare() {
    OUT.flush();
  }

  /** Returns the JVM's own standard output. */
  static PrintStream standardOutput() {
    return OUT;
  }

  /**
   * Opens a session on the JVM's own input and error stream.
   *
   * @param out where commands print
   * @throws IllegalStateException if there is no shell
   */
  static Session open(BundleContext context, PrintStream out) throws ReflectiveOperationException, InterruptedException {
    ServiceTracker<Object, Object> tracker = new ServiceTracker<>(context, API + "CommandProcessor", null);
    tracker.open();
    try {
      Object processor = tracker.waitForService(LIMIT_MS);
      if (processor == null) {
        throw new IllegalStateException("the shell does not start");
      }
      ClassLoader loader = processor.getClass().getClassLoader();
      Object session = loader.loadClass(API + "CommandProcessor")
          .getMethod("createSession", InputStream.class, OutputStream.class, OutputStream.class).invoke(processor, System.in, out, ERR);
      Session opened = new Session(loader.loadClass(API + "CommandSession"), session, out);
      opened.call("put", new Class<?>[] {String.class, Object.class}, "SCOPE", "virtio:gogo:*");
      return opened;
    } finally {
      tracker.close();
    }
  }

  /**
   * Runs a line on the calling thread.
   *
   * @param line what a user would type
   * @return the exit status: the command's if it gives one, otherwise 0
   * @throws InvocationTargetException around what the command threw
   */
  int execute(String line) throws ReflectiveOperationException {
    Object result = call("execute", new Class<?>[] {CharSequence.class}, line);
    if (result instanceof Integer status) {
      return status;
    }
    if (result != null) {
      out.println(call("format", new Class<?>[] {Object.class, int.class}, result, INSPECT));
    }
    return 0;
  }

  private Object call(String method, Class<?>[] parameters, Object... arguments) throws ReflectiveOperationException {
    return type.getMethod(method, parameters).invoke(session, arguments);
  }

  @Override
  public void close() throws ReflectiveOperationException {
    call("close", new Class<?>[0]);
  }
}
