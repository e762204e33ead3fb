package virtio.bus.registers;

import java.util.HashSet;
import java.util.Set;

/** Says once each what a driver did that it must not; and not for ever, as a driver can think of much. Any thread. */
final class Refusals {
  private static final System.Logger LOG = System.getLogger("virtio.bus.registers");
  private static final int MOST = 8;

  private final String name;
  private final Set<String> said = new HashSet<>();

  /** @param name of the device, for a person */
  Refusals(String name) {
    this.name = name;
  }

  void refuse(String what) {
    boolean last;
    synchronized (said) {
      if (said.size() >= MOST || !said.add(what)) {
        return;
      }
      last = said.size() == MOST;
    }
    LOG.log(System.Logger.Level.WARNING, name + ": refused: " + what + (last ? "; nothing more is said of this driver" : ""));
  }
}
