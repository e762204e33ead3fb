package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;
import virtio.bus.machine.Handlers;
import virtio.bus.machine.Worker;

/** The guest's end of the interrupts: one thread that waits for pending bits, takes them all, and runs the handlers of their lines. */
final class InterruptController {
  private static final System.Logger LOG = System.getLogger("virtio.host.lguest");
  static final int LINES = 32;
  /** Line 0 does not exist. */
  static final int FIRST_LINE = 1;
  /** The machine's own: entries of the device page have come or gone. */
  static final int CONFIGURATION_LINE = 31;

  private final MemorySegment memory;
  private final Handlers[] lines = new Handlers[LINES];
  private final SleepWord sleep;
  private final long sleepNanos;
  private final BooleanSupplier pending;
  private final Worker worker;
  private final Runnable check;

  /** @param check runs on the thread when the machine's own interrupt came, before its handlers, and after each wait that nothing ended */
  InterruptController(String machine, MemorySegment memory, Tuning tuning, Runnable check) {
    this.memory = memory;
    this.sleepNanos = tuning.sleepNanos();
    this.sleep = new SleepWord(memory, ControlPage.GUEST_SLEEPS, tuning.looks());
    this.check = check;
    this.worker = new Worker("lguest-" + machine + "-interrupts");
    this.pending = () -> ControlPage.intOpaque(memory, ControlPage.INTERRUPTS) != 0 || worker.stopped();
    for (int line = FIRST_LINE; line < LINES; line++) {
      lines[line] = new Handlers(machine + ", interrupt " + line, LOG);
    }
  }

  void start() {
    worker.start(this::round, sleep::wake);
  }

  /** Returns when no handler runs any more. */
  void close() {
    worker.close();
  }

  /** Null where there is no such line. */
  Handlers line(long number) {
    return number >= FIRST_LINE && number < LINES ? lines[(int) number] : null;
  }

  private void round() {
    if (ControlPage.intOpaque(memory, ControlPage.INTERRUPTS) == 0) {
      sleep.idle(pending, sleepNanos);
      if (ControlPage.intOpaque(memory, ControlPage.INTERRUPTS) == 0) {
        check.run();
        return;
      }
    }
    // Taken before the handlers look at memory: what is stored after their look raises its bit again. The exchange orders the two.
    int bits = ControlPage.intExchange(memory, ControlPage.INTERRUPTS, 0);
    if ((bits & 1 << CONFIGURATION_LINE) != 0) {
      check.run();
    }
    while (bits != 0) {
      int line = Integer.numberOfTrailingZeros(bits);
      bits &= bits - 1;
      if (line >= FIRST_LINE) {
        lines[line].run();
      }
    }
  }
}
