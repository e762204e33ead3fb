package virtio.ring.socket;

import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;

/** The contract over a stream with room. */
class StreamContractTest extends SocketContract {
  @Override
  FakeChannel.Pair channel(DeferredTasks tasks) {
    return FakeChannel.stream(1 << 16, tasks);
  }
}
