package virtio.host.lguest;

import java.util.Arrays;
import virtio.bus.Registration;

/** The host's doorbells, by the address the guest rings with. Looking one up allocates nothing and takes no lock. */
final class Doorbells {
  private static final SlotThread.Bell[] NONE = {};

  private volatile SlotThread.Bell[] bells = NONE;

  /** Rings those of that address; false where there is none. Never blocks. */
  boolean ring(int address) {
    boolean found = false;
    for (SlotThread.Bell bell : bells) {
      if (bell.address() == address) {
        bell.ring();
        found = true;
      }
    }
    return found;
  }

  Registration add(SlotThread.Bell bell) {
    synchronized (this) {
      SlotThread.Bell[] more = Arrays.copyOf(bells, bells.length + 1);
      more[bells.length] = bell;
      bells = more;
    }
    return () -> {
      remove(bell);
      bell.close();
    };
  }

  private synchronized void remove(SlotThread.Bell bell) {
    bells = Arrays.stream(bells).filter(one -> one != bell).toArray(SlotThread.Bell[]::new);
  }
}
