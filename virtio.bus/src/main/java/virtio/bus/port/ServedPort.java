package virtio.bus.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.Port;

/**
 * The stable component: one per configuration, there as long as that is. SCR binds a new combination before it unbinds the old one, on
 * Config Admin's one thread; so both only record what is wanted, and unbinding waits a bounded time until the old one is out.
 *
 * <p>A port's brick extends it by a component of a few lines: the annotations, which are not inherited, and methods that lead here.
 *
 * @param <U> the service that users hold
 */
public abstract class ServedPort<U> implements Port, Publisher {
  /** Below SCR's own limit for its lock, 5 s. */
  private static final long OUT = TimeUnit.MILLISECONDS.toNanos(4500);

  private final BundleContext context;
  private final Class<U> type;
  private final String kind;
  private final String pid;
  private final Logger log;
  private volatile String name;
  private PortControl<?> control;
  private ServiceRegistration<Port> shown;
  private ServiceRegistration<U> users;

  /**
   * @param kind {@code "block"}; the PID is {@code "virtio.block"}
   * @param properties the configuration's
   */
  protected ServedPort(BundleContext context, Class<U> type, String kind, Map<String, Object> properties) {
    this.context = context;
    this.type = type;
    this.kind = kind;
    this.pid = "virtio." + kind;
    this.log = System.getLogger(pid);
    this.name = new PortProperties(properties).name();
  }

  /** Checks a configuration, and takes what is the port's own of it. IllegalArgumentException: nothing of it is taken. */
  protected abstract PortSettings settings(PortProperties properties);

  /** What users get; a new one each time. */
  protected abstract U service();

  /** The constructor's last step. */
  protected final void begin(PortControl<?> itsOwn, Map<String, Object> properties) {
    control = itsOwn;
    configure(properties);
    shown = context.registerService(Port.class, this, shown());
    control.start();
  }

  /** Another configuration. */
  protected final void change(Map<String, Object> properties) {
    configure(properties);
    String now = new PortProperties(properties).name();
    if (!now.equals(name)) {
      name = now;
      shown.setProperties(shown());
    }
  }

  private void configure(Map<String, Object> map) {
    PortProperties properties = new PortProperties(map);
    try {
      control.configure(properties.target(), settings(properties), null);
    } catch (IllegalArgumentException e) {
      log.log(Level.ERROR, pid + " " + properties.name() + ": " + e.getMessage());
      control.configure(properties.target(), null, e.getMessage());
    }
  }

  /** A combination was bound. */
  protected final void want(Combination combination) {
    control.want(combination);
  }

  /** A combination was unbound. Returns when it is out, or after a while. */
  protected final void release(Combination combination) {
    if (!control.release(combination, OUT)) {
      log.log(Level.WARNING, pid + " " + name + ": " + combination.name() + " is still being taken out");
    }
  }

  /** The component's end. */
  protected final void end() {
    if (!control.stop(OUT)) {
      log.log(Level.WARNING, pid + " " + name + ": the device is still being taken out");
    }
    shown.unregister();
  }

  @Override
  public final synchronized void online(String combination) {
    Dictionary<String, Object> properties = shown();
    properties.put("virtio.glue", combination);
    if (users == null) {
      users = context.registerService(type, service(), properties);
    } else {
      users.setProperties(properties);
    }
  }

  @Override
  public final synchronized void offline() {
    if (users != null) {
      users.unregister();
      users = null;
    }
  }

  private Dictionary<String, Object> shown() {
    Dictionary<String, Object> properties = new Hashtable<>();
    properties.put("virtio.port", name);
    properties.put("virtio.kind", kind);
    return properties;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final String kind() {
    return kind;
  }

  @Override
  public final String combination() {
    return control.combination();
  }

  @Override
  public final String state() {
    return control.state();
  }

  @Override
  public final boolean online() {
    return control.online();
  }

  @Override
  public final Bus.DeviceReport device() {
    return control.report();
  }
}
