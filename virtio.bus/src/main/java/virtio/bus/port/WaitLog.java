package virtio.bus.port;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/**
 * Says in the log that a port is not served: once per state line, and only when that has stood for a while, so that starting is
 * quiet. One thread.
 */
public final class WaitLog {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(2);
  private static final long LOOKS = TimeUnit.SECONDS.toNanos(1);

  private final String pid;
  private final Logger log;
  private String line = "";
  private long since;
  private boolean said;

  /** @param pid the port's, and the name of the log */
  public WaitLog(String pid) {
    this.pid = pid;
    this.log = System.getLogger(pid);
  }

  /** @return nanoseconds until the next look */
  public long look(boolean online, String name, String state) {
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
      log.log(Level.WARNING, pid + " " + name + ": " + state);
    }
    return LOOKS;
  }
}
