package virtio.driver.pipe;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.Channel;
import virtio.bus.VirtioDriver.Entry;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeChannel;

/** Bytes without a ring allocate nothing; on one thread, the test being the other end. What a ring allocates, device.pipe's tests say. */
class AllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int PIECES = 20_000;
  private static final int RUNS = 8;

  private final HeardPort port = new HeardPort(true);
  private final MemorySegment memory = MemorySegment.ofArray(new byte[4096]);

  @ParameterizedTest
  @CsvSource({"0, 1", "0, 700", "0, 4096", "1024, 1", "1024, 700", "1024, 4096"})
  @Shows("F23")
  void aRawPipe(int maxMessage, int bytes) {
    FakeChannel.Pair channel = maxMessage == 0 ? FakeChannel.stream(1 << 16, task -> { })
        : FakeChannel.messages(maxMessage, 8, task -> { });
    ScriptedPipe device = new ScriptedPipe(4, channel.driver());
    new PipeDriver().probe(device, new Entry(device.id(), Sizing.STANDARD), port);
    MemorySegment other = MemorySegment.ofArray(new byte[4096]);
    echo(channel.device(), other, bytes);
    long least = Long.MAX_VALUE;
    for (int run = 0; run < RUNS && least != 0; run++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      echo(channel.device(), other, bytes);
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).as("bytes in %d pieces of %d", PIECES, bytes).isZero();
  }

  /** The other end sends back what it gets. */
  private void echo(Channel end, MemorySegment other, int bytes) {
    for (int i = 0; i < PIECES; i++) {
      for (long out = 0, in = 0; in < bytes; ) {
        out += out < bytes ? port.pipe.write(memory, out, bytes - out) : 0;
        long came = end.transfer(other, 0, other.byteSize(), Channel.Direction.READ);
        if (came > 0 && end.transfer(other, 0, came, Channel.Direction.WRITE) != came) {
          throw new AssertionError("the other end has no room");
        }
        in += port.pipe.read(memory, in, bytes - in);
      }
    }
  }
}
