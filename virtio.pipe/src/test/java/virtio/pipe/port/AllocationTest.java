package virtio.pipe.port;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import virtio.pipe.Pipe;
import virtio.pipe.PipeDevice;
import virtio.testkit.Shows;

/** The port's part of a byte's way allocates nothing, and neither does telling that there is something. */
class AllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int PIECES = 20_000;
  private static final int RUNS = 8;

  private final Life life = new Life("p", new Endless());
  private final PipeDevice pipe = new ServedPipe(null, life);
  private final MemorySegment memory = MemorySegment.ofArray(new byte[700]);

  /** Takes all, and has as much as is asked for. */
  private static final class Endless implements Pipe {
    @Override
    public String name() {
      return "endless";
    }

    @Override
    public Position position() {
      return null;
    }

    @Override
    public void begin() {}

    @Override
    public long read(MemorySegment into, long offset, long bytes) {
      return bytes;
    }

    @Override
    public long write(MemorySegment from, long offset, long bytes) {
      return bytes;
    }

    @Override
    public long pending() {
      return 0;
    }

    @Override
    public long received() {
      return 0;
    }

    @Override
    public boolean drain(long nanos) {
      return true;
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private static long least(Step step) throws IOException {
    long least = Long.MAX_VALUE;
    for (int run = 0; run < RUNS && least != 0; run++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < PIECES; i++) {
        step.run();
      }
      least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return least;
  }

  @Test
  @Shows("F23")
  void bytesOfASegment() throws IOException {
    assertThat(least(() -> {
      pipe.tryWrite(memory, 0, 700);
      pipe.tryRead(memory, 0, 700);
    })).as("without waiting").isZero();
    assertThat(least(() -> {
      pipe.write(memory, 0, 700);
      pipe.read(memory, 0, 700);
      pipe.flush();
    })).as("with").isZero();
  }

  @Test
  @Shows("F23")
  void whoListensIsTold() throws IOException {
    int[] told = {0};
    pipe.listen(new PipeDevice.Listener() {
      @Override
      public void ready() {
        told[0]++;
      }
    });
    assertThat(least(life::moved)).isZero();
    assertThat(told[0]).isGreaterThanOrEqualTo(PIECES);
  }
}
