package virtio.ring.socket;

import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;

/** The contract over messages that hold the shortest frames there may be, one at a time. */
class SmallMessageContractTest extends SocketContract {
  @Override
  FakeChannel.Pair channel(DeferredTasks tasks) {
    return FakeChannel.messages(256, 1, tasks);
  }
}
