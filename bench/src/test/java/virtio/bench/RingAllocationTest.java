package virtio.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.testkit.Shows;

/** The data path allocates nothing. */
class RingAllocationTest {
  private static final long CYCLES = 320_000;

  @ParameterizedTest
  @ValueSource(ints = {1, 32})
  @Shows({"F03", "F23"})
  void addSyncTakePushGetAllocatesNothing(int batch) {
    try (RingLoop loop = new RingLoop()) {
      loop.run(batch, CYCLES);
      long least = Long.MAX_VALUE;
      for (int run = 0; run < 5; run++) {
        long before = RingBench.allocated();
        loop.run(batch, CYCLES);
        least = Math.min(least, RingBench.allocated() - before);
      }
      assertThat(least).as("bytes in %d operations", CYCLES).isZero();
    }
  }
}
