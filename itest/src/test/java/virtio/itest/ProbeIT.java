package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import javax.inject.Inject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;

/** The framework that all others run in: what is installed starts, and tests are inside. */
@ExtendWith(InFramework.class)
class ProbeIT {
  @Inject
  private BundleContext context;
  private Bundle self;

  @BeforeEach
  void findSelf() {
    self = FrameworkUtil.getBundle(ProbeIT.class);
  }

  @Test
  void testsRunInABundle() {
    assertThat(self).isNotNull();
    assertThat(context.getBundle()).isEqualTo(self);
  }

  @Test
  void everyBundleIsActive() {
    assertThat(Arrays.stream(context.getBundles()).filter(bundle -> bundle.getState() != Bundle.ACTIVE)).isEmpty();
  }
}
