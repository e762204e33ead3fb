package virtio.itest;

import java.lang.annotation.Annotation;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.ops4j.pax.exam.util.Injector;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** The end inside the framework: one test method, with what comes before and after it. Called by Pax Exam, by name. */
public final class Inside {
  /** Carries what a test threw past Pax Exam's own wrapping. */
  static final class Thrown extends Exception {
    private static final long serialVersionUID = 1L;

    Thrown(Throwable cause) {
      super(cause);
    }
  }

  /**
   * Runs it.
   *
   * @param context Pax Exam's raw invoker gives the probe's first
   */
  public void run(BundleContext context, String type, String method, Object[] arguments) throws Exception {
    Class<?> test = Class.forName(type);
    Object instance = test.getDeclaredConstructor().newInstance();
    ServiceReference<Injector> injector = context.getServiceReference(Injector.class);
    context.getService(injector).injectFields(instance);
    try {
      around(test, instance, method, arguments);
    } catch (InvocationTargetException e) {
      throw new Thrown(e.getCause());
    } finally {
      context.ungetService(injector);
    }
  }

  private static void around(Class<?> test, Object instance, String method, Object[] arguments) throws Exception {
    Throwable first = null;
    try {
      for (Method before : annotated(test, BeforeEach.class)) {
        before.invoke(instance);
      }
      named(test, method).invoke(instance, arguments);
    } catch (InvocationTargetException e) {
      first = e.getCause();
      throw e;
    } finally {
      for (Method after : annotated(test, AfterEach.class).reversed()) {
        after(after, instance, first);
      }
    }
  }

  private static void after(Method after, Object instance, Throwable first) throws Exception {
    try {
      after.invoke(instance);
    } catch (InvocationTargetException e) {
      if (first == null) {
        throw e;
      }
      first.addSuppressed(e.getCause());
    }
  }

  /** A superclass's first. */
  private static List<Method> annotated(Class<?> type, Class<? extends Annotation> annotation) {
    List<Method> methods = type.getSuperclass() == null ? new ArrayList<>() : annotated(type.getSuperclass(), annotation);
    Arrays.stream(type.getDeclaredMethods()).filter(method -> method.isAnnotationPresent(annotation)).forEach(method -> {
      method.setAccessible(true);
      methods.add(method);
    });
    return methods;
  }

  private static Method named(Class<?> type, String name) {
    Method found = Arrays.stream(type.getDeclaredMethods()).filter(method -> method.getName().equals(name)).findFirst().orElseThrow();
    found.setAccessible(true);
    return found;
  }
}
