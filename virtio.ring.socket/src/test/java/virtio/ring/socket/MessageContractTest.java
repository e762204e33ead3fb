package virtio.ring.socket;

import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;

/** The contract over messages that hold many frames. */
class MessageContractTest extends SocketContract {
  @Override
  FakeChannel.Pair channel(DeferredTasks tasks) {
    return FakeChannel.messages(1 << 16, 4, tasks);
  }
}
