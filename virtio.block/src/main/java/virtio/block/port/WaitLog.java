package virtio.block.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/**
 * Says in the log that a port is not served: once per state line, and only when that has stood for a while, so that starting is
 * quiet. One thread.
 */
final class WaitLog {
  private static final Logger LOG = System.getLogger("virtio.block");
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(2);
  private static final long LOOKS = TimeUnit.SECONDS.toNanos(1);

  private String line = "";
  private long since;
  private boolean said;

  /** @return nanoseconds until the next look */
  long look(boolean online, String name, String state) {
    long now = System.nanoTime();
    if (online) {
      line = "";
      return Long.MAX_VALUE;
    }
    if (!state.equals(line)) {
      line = state;
      since = now;
      said = state.startsWith("misconfigured");   // said when it came
    }
    if (!said && now - since >= PATIENCE) {
      said = true;
      LOG.log(Level.WARNING, "virtio.block " + name + ": " + state);
    }
    return LOOKS;
  }
}
