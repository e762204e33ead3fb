package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.function.BooleanSupplier;
import virtio.bus.machine.Worker;

/**
 * The host's end of hypercalls: one thread that serves the mailbox and the ring. What the guest wrote is read once, and never trusted to be
 * more than numbers.
 */
final class HypercallServer {
  /** Who serves them. On the server's thread; must not block. */
  interface Handler {
    /** One that is waited for: results go into {@code arguments}. */
    long call(int number, int[] arguments);

    /** One that is not. */
    void notify(int number, int first, int second, int third);
  }

  private static final System.Logger LOG = System.getLogger("virtio.host.lguest");
  private static final int STATUSES_PER_WORD = 8;

  private final String machine;
  private final MemorySegment memory;
  private final Handler handler;
  private final SleepWord sleep;
  private final long sleepNanos;
  private final SleepWord caller;
  private final Worker worker;
  private final BooleanSupplier work;
  private final int[] arguments = new int[ControlPage.ARGUMENTS];
  private int answered;

  HypercallServer(String machine, MemorySegment memory, Tuning tuning, Handler handler) {
    this.machine = machine;
    this.memory = memory;
    this.handler = handler;
    this.sleepNanos = tuning.sleepNanos();
    this.sleep = new SleepWord(memory, ControlPage.HOST_SLEEPS, tuning.looks());
    this.caller = new SleepWord(memory, ControlPage.CALLER_SLEEPS, tuning.looks());
    this.worker = new Worker("lguest-" + machine + "-hypercalls");
    this.work = () -> waiting() || worker.stopped();
  }

  void start() {
    worker.start(this::round, sleep::wake);
  }

  /** Returns when no hypercall is served any more. */
  void close() {
    worker.close();
  }

  private boolean waiting() {
    if (ControlPage.intAcquire(memory, ControlPage.REQUEST) != answered) {
      return true;
    }
    for (int first = 0; first < ControlPage.SLOTS; first += STATUSES_PER_WORD) {
      if (ControlPage.statusesAcquire(memory, first) != ControlPage.ALL_FREE) {
        return true;
      }
    }
    return false;
  }

  private void round() {
    boolean served = mailbox();
    for (int first = 0; first < ControlPage.SLOTS; first += STATUSES_PER_WORD) {
      long statuses = ControlPage.statusesAcquire(memory, first);
      if (statuses != ControlPage.ALL_FREE) {
        ring(first, statuses);
        served = true;
      }
    }
    if (!served) {
      sleep.idle(work, sleepNanos);
    }
  }

  private void ring(int first, long statuses) {
    for (int i = 0; i < STATUSES_PER_WORD; i++) {
      if ((byte) (statuses >>> 8 * i) == ControlPage.FREE) {
        continue;
      }
      int slot = first + i;
      int number = ControlPage.intPlain(memory, ControlPage.call(slot, 0));
      int one = ControlPage.intPlain(memory, ControlPage.call(slot, 1));
      int two = ControlPage.intPlain(memory, ControlPage.call(slot, 2));
      int three = ControlPage.intPlain(memory, ControlPage.call(slot, 3));
      ControlPage.statusRelease(memory, slot, ControlPage.FREE);
      VarHandle.fullFence(); // "free" before the handler looks at the guest's ring; pairs with the order of ring and status in Notifiers
      try {
        handler.notify(number, one, two, three);
      } catch (RuntimeException | Error thrown) {
        failed(number, thrown);
      }
    }
  }

  private boolean mailbox() {
    int sequence = ControlPage.intAcquire(memory, ControlPage.REQUEST);
    if (sequence == answered) {
      return false;
    }
    int number = ControlPage.intPlain(memory, ControlPage.REQUEST + 4);
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = ControlPage.intPlain(memory, ControlPage.REQUEST + 8 + 4L * i);
    }
    long result;
    try {
      result = handler.call(number, arguments);
    } catch (RuntimeException | Error thrown) {
      failed(number, thrown);
      result = Hypercalls.REFUSED;
    }
    for (int i = 0; i < arguments.length; i++) {
      ControlPage.intPlain(memory, ControlPage.ANSWER + 8 + 4L * i, arguments[i]);
    }
    ControlPage.intPlain(memory, ControlPage.ANSWER + 4, (int) result);
    answered = sequence;
    ControlPage.intRelease(memory, ControlPage.ANSWER, sequence);
    caller.wake();
    return true;
  }

  private void failed(int number, Throwable thrown) {
    LOG.log(System.Logger.Level.ERROR, machine + ": hypercall " + number + ": its handler threw", thrown);
  }
}
