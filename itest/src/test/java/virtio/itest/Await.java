package virtio.itest;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what happens on other threads, with a deadline that only a fault reaches. */
final class Await {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(2);

  private Await() {}

  /** @param otherwise what to say when the deadline has passed */
  static void until(BooleanSupplier reached, Supplier<String> otherwise) {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (!reached.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("after " + DEADLINE.toSeconds() + " s: " + otherwise.get());
      }
      LockSupport.parkNanos(PAUSE);
    }
  }
}
