package virtio.bench;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Times {@link RingLoop} beside its twin in C, in turns, so that both meet the same machine, and prints for each batch size the best of
 * each, the bytes allocated per operation and the ratio. {@code bench/run} starts it.
 */
public final class RingBench {
  private static final int[] BATCHES = {1, 32};
  private static final int TURNS = 5;
  private static final int RUNS = 12;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private RingBench() {}

  /** @param arguments the twin's path; how many buffers a run takes, a multiple of 32 */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    String twin = arguments[0];
    long cycles = Long.parseLong(arguments[1]);
    PrintStream out = System.out;
    try (RingLoop loop = new RingLoop()) {
      for (int batch : BATCHES) {
        double java = Double.MAX_VALUE;
        double c = Double.MAX_VALUE;
        double bytes = Double.MAX_VALUE;
        for (int turn = 0; turn < TURNS; turn++) {
          c = Math.min(c, timeTwin(twin, batch, cycles));
          for (int run = 0; run < RUNS; run++) {
            long before = allocated();
            long start = System.nanoTime();
            loop.run(batch, cycles);
            java = Math.min(java, (System.nanoTime() - start) / (double) cycles);
            bytes = Math.min(bytes, (allocated() - before) / (double) cycles);
          }
        }
        out.printf(Locale.ROOT, "split batch=%-2d java=%.2f ns/op c=%.2f ns/op ratio=%.2f allocated=%.4f bytes/op%n", batch, java, c, java / c,
            bytes);
      }
    }
  }

  /** Bytes that this thread has allocated. */
  static long allocated() {
    return THREADS.getCurrentThreadAllocatedBytes();
  }

  private static double timeTwin(String twin, int batch, long cycles) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(twin, Integer.toString(batch), Long.toString(cycles), Integer.toString(RUNS))
        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    if (process.waitFor() != 0) {
      throw new IOException("twin=" + twin + " exit=" + process.exitValue());
    }
    return Double.parseDouble(answer);
  }
}
