package virtio.bus.port;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/** Counts the faults of the last minute: a device that has to be reset again and again is of no use. One thread. */
public final class FaultWindow {
  public static final int MOST = 3;
  public static final int SECONDS = 60;

  private final ArrayDeque<Long> times = new ArrayDeque<>(MOST);

  /** @param now nanoseconds @return whether that was one too many */
  public boolean another(long now) {
    while (!times.isEmpty() && now - times.peekFirst() > TimeUnit.SECONDS.toNanos(SECONDS)) {
      times.removeFirst();
    }
    times.addLast(now);
    return times.size() >= MOST;
  }

  public void clear() {
    times.clear();
  }
}
