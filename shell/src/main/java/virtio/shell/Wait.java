package virtio.shell;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/** Waits for what only a look can tell: the state of services that come and go on other threads. */
final class Wait {
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(5);

  private Wait() {}

  /**
   * Looks again and again.
   *
   * @param left told the seconds left after each look but the last
   * @return whether it was reached in time; false also when the thread is interrupted, which stays set
   */
  static boolean until(int seconds, BooleanSupplier reached, LongConsumer left) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!reached.getAsBoolean()) {
      long rest = end - System.nanoTime();
      if (rest <= 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
      left.accept(TimeUnit.NANOSECONDS.toSeconds(rest));
      LockSupport.parkNanos(PAUSE);
    }
    return true;
  }

  /** The same for what has to be waited for however great the hurry: an interrupt counts afterwards. */
  static boolean calmlyUntil(int seconds, BooleanSupplier reached) {
    boolean interrupted = false;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    boolean done = reached.getAsBoolean();
    while (!done && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(PAUSE);
      interrupted |= Thread.interrupted();
      done = reached.getAsBoolean();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return done;
  }
}
