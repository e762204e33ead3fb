package virtio.bus.core;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what nobody tells of: a status register, a ring that settles. Bounded. */
final class Deadline {
  private static final long PAUSE_NANOS = 100_000;

  private Deadline() {}

  /** Polls until {@code done} or the time is over; an interrupt of this thread ends it too. */
  static boolean await(Duration limit, BooleanSupplier done) {
    long end = System.nanoTime() + limit.toNanos();
    while (!done.getAsBoolean()) {
      if (System.nanoTime() - end >= 0 || Thread.currentThread().isInterrupted()) {
        return done.getAsBoolean();
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }
}
