package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import virtio.testkit.fake.BrokenRigs;

/** A contract that lets a broken brick pass is no contract. */
class BrokenBricksTest {
  @Test
  void aHandlerThatKeepsReadMarksFails() {
    assertThat(Verdict.of(BrokenRigs.KeepsReadMarks.class).failed()).contains("aSecondDriverFindsWhatTheFirstFound");
  }

  @Test
  void aHandlerThatConfirmsAResetItselfFails() {
    assertThat(Verdict.of(BrokenRigs.ConfirmsResetItself.class).failed()).containsExactly("aResetReadsZeroOnlyWhenTheDeviceHasStopped");
  }

  @Test
  void aHandlerThatDropsChangesFails() {
    assertThat(Verdict.of(BrokenRigs.DropsChanges.class).failed()).contains("changesTravelBothWays", "needsResetIsToldAndReads");
  }

  @Test
  void aHandlerThatForgetsTheHighFeaturesFails() {
    assertThat(Verdict.of(BrokenRigs.ForgetsHighFeatures.class).failed()).contains("everythingReadsAsTheDeviceSaysIt");
  }

  @Test
  void aTransportThatTellsTwiceFails() {
    assertThat(Verdict.of(BrokenRigs.Stutters.class).failed()).contains("tellsOfEachDeviceOnceAndWhenItGoes");
  }

  @Test
  void aTransportThatTellsThoseWhoLeftFails() {
    assertThat(Verdict.of(BrokenRigs.NeverForgets.class).failed()).contains("aWatchThatIsClosedHearsNothing");
  }

  @Test
  void aDriverThatLeaksAndForgetsFails() {
    assertThat(Verdict.of(BrokenRigs.Careful.class).failed()).isEmpty();
    assertThat(Verdict.of(BrokenRigs.Careless.class).failed())
        .contains("leavesNothingBehind", "refusesADeviceWithoutItsQueues", "refusesWhenMemoryHasRunOut");
  }

  @Test
  void aModelThatLosesBuffersFails() {
    assertThat(Verdict.of(BrokenRigs.LosesBuffers.class).failed()).containsExactly("givesBackEveryBufferOnceWhateverIsInIt");
  }
}
