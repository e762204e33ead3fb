package virtio.testkit.fake;

import java.util.function.UnaryOperator;

/** The test kit's own bus keeps the contract. */
class FakeMachineTest extends TransportRig {
  FakeMachineTest() {
    super(UnaryOperator.identity());
  }
}
