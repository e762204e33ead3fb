package virtio.testkit.fake;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Nested;
import virtio.bus.Channel;
import virtio.testkit.ChannelContract;
import virtio.testkit.ChannelPair;

/** The contract over the channel in memory, of either kind. */
class FakeChannelTest {
  abstract static class Contract extends ChannelContract {
    private final ExecutorService thread = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());

    abstract FakeChannel.Pair ends(ExecutorService thread);

    @Override
    protected ChannelPair connect() {
      FakeChannel.Pair ends = ends(thread);
      return new ChannelPair() {
        @Override
        public Channel left() {
          return ends.driver();
        }

        @Override
        public Channel right() {
          return ends.device();
        }

        @Override
        public boolean leftGoes() {
          ends.driver().lose();
          return true;
        }

        @Override
        public boolean rightGoes() {
          ends.device().lose();
          return true;
        }

        @Override
        public void close() {
          thread.shutdown();
        }
      };
    }
  }

  @Nested
  class Stream extends Contract {
    @Override
    FakeChannel.Pair ends(ExecutorService thread) {
      return FakeChannel.stream(5000, thread);
    }
  }

  @Nested
  class Messages extends Contract {
    @Override
    FakeChannel.Pair ends(ExecutorService thread) {
      return FakeChannel.messages(2000, 4, thread);
    }
  }
}
