package virtio.ring.split;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Queue;
import virtio.bus.Violation;
import virtio.bus.spec.FeatureBits;
import virtio.testkit.RawSplitRing;
import virtio.testkit.RingEnds;
import virtio.testkit.RingPair;
import virtio.testkit.fake.FakeMemory;

/** A live pair of split halves, their memory laid bare, and what each half's owner was told of violations. */
final class SplitRig {
  static final Features PLAIN = Features.of(FeatureBits.VIRTIO_F_VERSION_1);
  static final Features EVENT_IDX = PLAIN.with(FeatureBits.VIRTIO_F_EVENT_IDX);
  static final Features INDIRECT = PLAIN.with(FeatureBits.VIRTIO_F_INDIRECT_DESC);

  final List<Violation> driverTold = new ArrayList<>();
  final List<Violation> deviceTold = new ArrayList<>();
  final RingPair pair;
  final RawSplitRing raw;
  /** Memory for an indirect table that a hostile driver writes. */
  final DmaMemory table;

  SplitRig(int size, Features accepted) {
    FakeMemory memory = new FakeMemory(true);
    pair = new RingPair(new SplitRing(), RingEnds.sharing(memory), accepted, size, new Told(driverTold), new Told(deviceTold));
    raw = new RawSplitRing(memory, pair.areas(), size);
    table = memory.allocate(4096, 16);
    pair.start();
  }

  /** Where a part may lie. */
  long granted() {
    return pair.buffers().address();
  }

  private record Told(List<Violation> causes) implements Queue.Callback {
    @Override
    public boolean ready(Queue queue) {
      return true;
    }

    @Override
    public void broken(Queue queue, Violation cause) {
      causes.add(cause);
    }
  }
}
