package virtio.ring.split;

import virtio.bus.Features;
import virtio.bus.spec.FeatureBits;

/** The same contract with flags instead of event indices, and without indirect tables. */
class PlainSplitRingContractTest extends SplitRingContractTest {
  @Override
  protected Features accepted() {
    return Features.of(FeatureBits.VIRTIO_F_VERSION_1);
  }
}
