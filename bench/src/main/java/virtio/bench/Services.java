package virtio.bench;

import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** What the parts that register services take for a bundle context: it knows how to register, one service of a type, and nothing else. */
final class Services {
  /** Who wants to know of a service. */
  private record Follower(Consumer<Object> came, Consumer<Object> goes) {}

  private final Map<Class<?>, Object> services = new ConcurrentHashMap<>();
  private final Map<Class<?>, Follower> followers = new ConcurrentHashMap<>();

  /** Calls on the thread that registers or unregisters; for services that come later. */
  <S> void follow(Class<S> type, Consumer<S> came, Consumer<S> goes) {
    followers.put(type, new Follower(service -> came.accept(type.cast(service)), service -> goes.accept(type.cast(service))));
  }

  /** Null while there is none. */
  <S> S get(Class<S> type) {
    return type.cast(services.get(type));
  }

  BundleContext context() {
    return (BundleContext) Proxy.newProxyInstance(Services.class.getClassLoader(), new Class<?>[] {BundleContext.class},
        (self, method, arguments) -> {
          if (!method.getName().equals("registerService") || !(arguments[0] instanceof Class<?> type)) {
            throw new UnsupportedOperationException(method.toString());
          }
          return register(type, arguments[1]);
        });
  }

  private ServiceRegistration<?> register(Class<?> type, Object service) {
    services.put(type, service);
    Follower follower = followers.get(type);
    if (follower != null) {
      follower.came().accept(service);
    }
    return (ServiceRegistration<?>) Proxy.newProxyInstance(Services.class.getClassLoader(), new Class<?>[] {ServiceRegistration.class},
        (self, method, arguments) -> {
          if (method.getName().equals("unregister")) {
            services.remove(type, service);
            if (follower != null) {
              follower.goes().accept(service);
            }
          }
          return null;
        });
  }
}
