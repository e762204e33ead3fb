package virtio.testkit.fake;

/** The test kit's own handler keeps the contract. */
class WindowConfigTest extends FakeMachineRig {
  WindowConfigTest() {
    super(new WindowConfig());
  }
}
