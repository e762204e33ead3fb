package virtio.ring.socket;

import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;

/** The contract over a stream that takes a few bytes at a time, less than a header. */
class NarrowStreamContractTest extends SocketContract {
  @Override
  FakeChannel.Pair channel(DeferredTasks tasks) {
    FakeChannel.Pair pair = FakeChannel.stream(64, tasks);
    pair.driver().most(7);
    pair.device().most(7);
    return pair;
  }
}
