package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.function.BooleanSupplier;
import virtio.os.linux.Futex;

/**
 * A word by which one thread says that it sleeps until there is work, so that whoever brings work makes a system call only then. The two
 * may be in two processes. It looks for work a while before it sleeps: for as long as looking has paid of late.
 */
final class SleepWord {
  private static final int AWAKE = 0;
  private static final int ASLEEP = 1;
  private static final int FEWEST_LOOKS = 16;

  private final MemorySegment memory;
  private final long at;
  private final Futex futex;
  private final int mostLooks;
  private int looks = FEWEST_LOOKS;

  /** @param mostLooks how often to look at most before sleeping; one takes some 25 ns */
  SleepWord(MemorySegment memory, long at, int mostLooks) {
    this.memory = memory;
    this.at = at;
    this.futex = new Futex(memory, at);
    this.mostLooks = mostLooks;
  }

  /** Returns once there is work, after {@code boundNanos} at the latest, or earlier without a reason. One thread only. */
  void idle(BooleanSupplier work, long boundNanos) {
    for (int look = 0; look < looks; look++) {
      if (work.getAsBoolean()) {
        looks = Math.min(mostLooks, 2 * looks);
        return;
      }
      Thread.onSpinWait();
    }
    looks = Math.max(FEWEST_LOOKS, looks / 2);
    ControlPage.intRelease(memory, at, ASLEEP);
    VarHandle.fullFence(); // "asleep" before our last look for work; pairs with wake's, between the work and its look at "asleep"
    if (!work.getAsBoolean()) {
      futex.await(ASLEEP, boundNanos);
    }
    ControlPage.intRelease(memory, at, AWAKE);
  }

  /** Any thread, after it has stored what the sleeper looks for. */
  void wake() {
    VarHandle.fullFence(); // the work before our look at "asleep"; pairs with idle's
    if (ControlPage.intOpaque(memory, at) == ASLEEP && ControlPage.intCompareAndSet(memory, at, ASLEEP, AWAKE)) {
      futex.wake(1);
    }
  }
}
