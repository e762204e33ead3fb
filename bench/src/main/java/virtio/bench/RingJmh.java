package virtio.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The same loop under JMH: {@code bench/run jmh}, with its allocation profiler. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RingJmh {
  private static final int CYCLES = 3200;

  @Param({"1", "32"})
  private int batch;
  private RingLoop loop;

  @Setup
  public void open() {
    loop = new RingLoop();
  }

  @TearDown
  public void close() {
    loop.close();
  }

  @Benchmark
  @OperationsPerInvocation(CYCLES)
  public void addTakePushGet() {
    loop.run(batch, CYCLES);
  }
}
