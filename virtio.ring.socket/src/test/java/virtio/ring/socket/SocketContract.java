package virtio.ring.socket;

import virtio.bus.RingFormat;
import virtio.testkit.RingContract;
import virtio.testkit.RingEnds;
import virtio.testkit.RingPair;
import virtio.testkit.fake.DeferredTasks;
import virtio.testkit.fake.FakeChannel;
import virtio.testkit.fake.FakeMemory;

/** The contract of every ring, over a channel; which channel is each test's. */
abstract class SocketContract extends RingContract {
  abstract FakeChannel.Pair channel(DeferredTasks tasks);

  @Override
  protected RingFormat format() {
    return new SocketRing();
  }

  @Override
  protected RingEnds ends(FakeMemory memory) {
    DeferredTasks tasks = new DeferredTasks();
    return RingEnds.joined(channel(tasks), memory, tasks);
  }

  @Override
  protected boolean detachesLive() {
    return true;
  }

  @Override
  protected boolean signals() {
    return false;
  }

  @Override
  protected boolean keepsParts() {
    return false;
  }

  /** The device says something that is no frame. */
  @Override
  protected void breakDriver(RingPair pair) {
    ((FakeChannel) pair.ends().device().channel()).write(new byte[64]);
  }

  /** While the operation hands bytes to the channel. */
  @Override
  protected void duringAnOperation(RingPair pair, Runnable action) {
    FakeChannel end = (FakeChannel) pair.ends().driver().channel();
    end.meanwhile(() -> {
      end.meanwhile(() -> { });
      action.run();
    });
    pair.add("during");
    pair.driver().sync();
    end.meanwhile(() -> { });
  }
}
