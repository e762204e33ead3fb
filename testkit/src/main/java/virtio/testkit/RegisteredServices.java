package virtio.testkit;

import java.lang.reflect.Proxy;
import java.util.Dictionary;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** A bundle context that only knows how to register, one service of a type: enough for a component that registers services by itself. */
public final class RegisteredServices {
  /** What is registered, and with which properties. */
  private record Service(Object service, Dictionary<?, ?> properties) {}

  private final Map<Class<?>, Service> services = new ConcurrentHashMap<>();

  /** Hand this to a component. */
  public BundleContext context() {
    return (BundleContext) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {BundleContext.class},
        (self, method, arguments) -> {
          if (!method.getName().equals("registerService")) {
            throw new UnsupportedOperationException(method.toString());
          }
          Class<?> type = (Class<?>) arguments[0];
          services.put(type, new Service(arguments[1], (Dictionary<?, ?>) arguments[2]));
          return registration(type);
        });
  }

  /** How many types have a service. */
  public int count() {
    return services.size();
  }

  public boolean has(Class<?> type) {
    return services.containsKey(type);
  }

  /** Null where there is none. */
  public <S> S service(Class<S> type) {
    Service found = services.get(type);
    return found == null ? null : type.cast(found.service());
  }

  /** One that a service is registered with. */
  public Object property(Class<?> type, String name) {
    return services.get(type).properties().get(name);
  }

  private ServiceRegistration<?> registration(Class<?> type) {
    return (ServiceRegistration<?>) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {ServiceRegistration.class},
        (self, method, arguments) -> {
          if (method.getName().equals("unregister")) {
            services.remove(type);
          } else if (method.getName().equals("setProperties")) {
            services.computeIfPresent(type, (key, had) -> new Service(had.service(), (Dictionary<?, ?>) arguments[0]));
          }
          return null;
        });
  }
}
