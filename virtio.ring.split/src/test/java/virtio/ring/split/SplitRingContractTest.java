package virtio.ring.split;

import virtio.bus.RingFormat;
import virtio.testkit.RawSplitRing;
import virtio.testkit.RingContract;
import virtio.testkit.RingPair;

/** The contract of every ring, with all that this one understands. */
class SplitRingContractTest extends RingContract {
  @Override
  protected RingFormat format() {
    return new SplitRing();
  }

  @Override
  protected void breakDriver(RingPair pair) {
    new RawSplitRing(pair.memory(), pair.areas(), pair.driver().size()).usedIdx(100);
  }
}
