package virtio.testkit.fake;

/** The contracts' rigs for broken bricks. Not named as tests are: only {@code BrokenBricksTest} runs them. */
public final class BrokenRigs {
  private BrokenRigs() {}

  /** See {@link BrokenConfigs#keepsReadMarks}. */
  public static final class KeepsReadMarks extends FakeMachineRig {
    public KeepsReadMarks() {
      super(BrokenConfigs.keepsReadMarks());
    }
  }

  /** See {@link BrokenConfigs#confirmsResetItself}. */
  public static final class ConfirmsResetItself extends FakeMachineRig {
    public ConfirmsResetItself() {
      super(BrokenConfigs.confirmsResetItself());
    }
  }

  /** See {@link BrokenConfigs#dropsChanges}. */
  public static final class DropsChanges extends FakeMachineRig {
    public DropsChanges() {
      super(BrokenConfigs.dropsChanges());
    }
  }

  /** See {@link BrokenConfigs#forgetsHighFeatures}. */
  public static final class ForgetsHighFeatures extends FakeMachineRig {
    public ForgetsHighFeatures() {
      super(BrokenConfigs.forgetsHighFeatures());
    }
  }

  /** See {@link BrokenTransports#stutters}. */
  public static final class Stutters extends TransportRig {
    public Stutters() {
      super(BrokenTransports::stutters);
    }
  }

  /** See {@link BrokenTransports#neverForgets}. */
  public static final class NeverForgets extends TransportRig {
    public NeverForgets() {
      super(BrokenTransports::neverForgets);
    }
  }
}
