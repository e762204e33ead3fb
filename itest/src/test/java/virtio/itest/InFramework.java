package virtio.itest;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.ops4j.pax.exam.ExamSystem;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.TestAddress;
import org.ops4j.pax.exam.TestContainer;
import org.ops4j.pax.exam.TestProbeBuilder;
import org.ops4j.pax.exam.TestProbeProvider;
import org.ops4j.pax.exam.spi.PaxExamRuntime;

/**
 * Runs each test of a class inside an OSGi framework, for Pax Exam has no JUnit 5 driver. One framework per class, with what
 * {@link Bundles#container} gives; each test method, with the BeforeEach and AfterEach methods around it, runs in a bundle of its own on
 * an instance of its own. Arguments of parameterized tests cross as strings. What a test throws comes back as it is.
 *
 * <p>Fields annotated {@code @Inject} get services. Methods annotated BeforeAll run outside.
 */
final class InFramework implements BeforeAllCallback, AfterAllCallback, InvocationInterceptor {
  private ExamSystem system;
  private TestContainer container;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    // Another driver may have left its own invoker here; ours is Pax Exam's plain one.
    System.clearProperty("pax.exam.invoker");
    List<Option> options = new ArrayList<>(Arrays.asList(Bundles.container()));
    system = PaxExamRuntime.createTestSystem(options.toArray(Option[]::new));
    container = PaxExamRuntime.createContainer(system);
    container.start();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    container.stop();
    system.clear();
  }

  @Override
  public void interceptBeforeEachMethod(Invocation<Void> invocation, ReflectiveInvocationContext<Method> called, ExtensionContext context) {
    invocation.skip();
  }

  @Override
  public void interceptAfterEachMethod(Invocation<Void> invocation, ReflectiveInvocationContext<Method> called, ExtensionContext context) {
    invocation.skip();
  }

  @Override
  public void interceptTestMethod(Invocation<Void> invocation, ReflectiveInvocationContext<Method> called, ExtensionContext context)
      throws Throwable {
    invocation.skip();
    inside(called);
  }

  @Override
  public void interceptTestTemplateMethod(Invocation<Void> invocation, ReflectiveInvocationContext<Method> called,
      ExtensionContext context) throws Throwable {
    invocation.skip();
    inside(called);
  }

  private void inside(ReflectiveInvocationContext<Method> called) throws Throwable {
    TestProbeBuilder builder = system.createProbe();
    builder.addTest(Inside.class, "run", called.getTargetClass().getName(), called.getExecutable().getName(),
        called.getArguments().toArray());
    TestProbeProvider probe = builder.build();
    container.installProbe(probe.getStream());
    try {
      for (TestAddress test : probe.getTests()) {
        container.call(test);
      }
    } catch (RuntimeException wrapped) {
      throw deepest(wrapped);
    } finally {
      container.uninstallProbe();
    }
  }

  /** Pax Exam wraps what a test threw, several times; the test's own causes stay. The wrapper is the probe's class, not this one's. */
  private static Throwable deepest(Throwable wrapped) {
    Throwable cause = wrapped;
    while (cause.getCause() != null) {
      boolean last = cause.getClass().getName().equals(Inside.Thrown.class.getName());
      cause = cause.getCause();
      if (last) {
        return cause;
      }
    }
    return cause;
  }
}
