package virtio.testkit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Set;
import java.util.TreeSet;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * What a contract says of a brick, when it is run as JUnit runs it.
 *
 * @param passed names of test methods
 * @param failed names of test methods
 */
record Verdict(Set<String> passed, Set<String> failed) {
  static Verdict of(Class<?> test) {
    Verdict verdict = new Verdict(new TreeSet<>(), new TreeSet<>());
    LauncherFactory.create().execute(LauncherDiscoveryRequestBuilder.request().selectors(selectClass(test)).build(),
        new TestExecutionListener() {
          @Override
          public void executionFinished(TestIdentifier id, TestExecutionResult result) {
            if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
              return;   // an assumption: it says nothing
            }
            id.getSource().filter(MethodSource.class::isInstance).map(MethodSource.class::cast).filter(source -> id.isTest()).ifPresent(
                source -> (result.getStatus() == TestExecutionResult.Status.SUCCESSFUL ? verdict.passed : verdict.failed)
                    .add(source.getMethodName()));
          }
        });
    return verdict;
  }
}
