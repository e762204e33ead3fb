package virtio.bus.machine;

import java.util.Arrays;
import virtio.bus.Registration;

/** A host's doorbells, by the argument that its guest rings with. Looking one up allocates nothing and takes no lock. Any thread. */
public final class Doorbells {
  private static final SlotThread.Bell[] NONE = {};

  private volatile SlotThread.Bell[] bells = NONE;

  /** Rings those of that argument; false where there is none. Never blocks. */
  public boolean ring(long argument) {
    boolean found = false;
    for (SlotThread.Bell bell : bells) {
      if (bell.argument() == argument) {
        bell.ring();
        found = true;
      }
    }
    return found;
  }

  /** Until the registration is closed, which closes the bell. */
  public Registration add(SlotThread.Bell bell) {
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
