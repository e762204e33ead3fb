package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import virtio.bus.RingFormat;
import virtio.testkit.fake.FlawedRing;
import virtio.testkit.fake.FlawedRing.Flaw;

/** The contract of rings passes a ring without a flaw, and fails each flawed one in the tests that are meant for its flaw. */
class RingContractTest {
  abstract static class Flawed extends RingContract {
    private final FlawedRing ring;

    Flawed(Flaw flaw) {
      ring = new FlawedRing(flaw);
    }

    @Override
    protected RingFormat format() {
      return ring;
    }

    @Override
    protected long patienceSeconds() {
      return 2;
    }

    @Override
    protected void breakDriver(RingPair pair) {
      ring.breakDriver(0);
    }
  }

  static class Flawless extends Flawed {
    Flawless() {
      super(Flaw.NONE);
    }
  }

  static class ForgetsTheFence extends Flawed {
    ForgetsTheFence() {
      super(Flaw.FORGETS_THE_FENCE);
    }
  }

  static class WrongLength extends Flawed {
    WrongLength() {
      super(Flaw.WRONG_LENGTH);
    }
  }

  static class LosesAToken extends Flawed {
    LosesAToken() {
      super(Flaw.LOSES_A_TOKEN);
    }
  }

  static class MutesLate extends Flawed {
    MutesLate() {
      super(Flaw.MUTES_LATE);
    }
  }

  static class RingsEarly extends Flawed {
    RingsEarly() {
      super(Flaw.RINGS_EARLY);
    }
  }

  static class GivesBackTwice extends Flawed {
    GivesBackTwice() {
      super(Flaw.GIVES_BACK_TWICE);
    }
  }

  @Test
  void aRingWithoutAFlawPasses() {
    Outcome outcome = run(Flawless.class);
    assertThat(outcome.failed()).isEmpty();
    assertThat(outcome.passed().size()).isGreaterThan(30);
  }

  @Test
  void aRingThatForgetsTheFenceSleepsForEver() {
    assertThat(run(ForgetsTheFence.class).failed()).contains("whoSleepsAfterRestartIsWoken");
  }

  @Test
  void aWrongLengthIsNoticed() {
    assertThat(run(WrongLength.class).failed()).containsExactly("bytesBehindAGapAreNotCounted",
        "everyShapeOfChainArrivesWithItsDirectionsAndLengths", "writtenIsWhatTheDeviceWroteFromTheStart");
  }

  @Test
  void aLostTokenIsNoticed() {
    assertThat(run(LosesAToken.class).failed()).contains("oneSyncPublishesAllThatWasAdded", "seventyThousandBuffersPassTheWrapOfEveryIndex");
  }

  @Test
  void aLateMuteIsNoticed() {
    assertThat(run(MutesLate.class).failed()).contains("aRestartInsideTheCallbackOutlivesItsFalse");
  }

  @Test
  void anEarlyDoorbellIsNoticed() {
    assertThat(run(RingsEarly.class).failed()).containsExactly("noDoorbellBeforeDriverOkAndOneRightAfter");
  }

  @Test
  void aTokenGivenBackTwiceIsNoticed() {
    assertThat(run(GivesBackTwice.class).failed()).containsExactly("afterResetEachTokenComesBackExactlyOnce");
  }

  private record Outcome(Set<String> passed, Set<String> failed) {}

  private static Outcome run(Class<?> contract) {
    Outcome outcome = new Outcome(new TreeSet<>(), new TreeSet<>());
    LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request().selectors(selectClass(contract)).build();
    LauncherFactory.create().execute(request, new TestExecutionListener() {
      @Override
      public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (test.isTest()) {
          boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
          (passed ? outcome.passed() : outcome.failed()).add(test.getDisplayName().replace("()", ""));
        }
      }
    });
    return outcome;
  }
}
