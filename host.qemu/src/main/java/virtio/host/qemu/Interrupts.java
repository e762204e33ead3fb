package virtio.host.qemu;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import virtio.bus.DmaMemory;
import virtio.bus.Interrupt;
import virtio.bus.Message;
import virtio.bus.machine.Handlers;
import virtio.bus.machine.MessageCells;
import virtio.bus.machine.Worker;

/**
 * What interrupts us, and the one thread that runs the handlers: lines, of which QEMU tells on its socket, and messages, which devices write
 * into cells of guest memory. Nobody tells of those: the thread looks, often while something goes on, seldom otherwise.
 */
final class Interrupts implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.host.qemu");

  private final String name;
  private final MessageCells messages;
  private final Map<Integer, Line> lines = new ConcurrentHashMap<>();
  private final Pace pace = new Pace();
  private final Worker worker;

  /** @param memory where messages land; nobody else's */
  Interrupts(String name, DmaMemory memory) {
    this.name = name;
    this.messages = new MessageCells(name, memory, LOG);
    this.worker = new Worker("qemu-" + name + "-interrupts");
  }

  void start() {
    worker.start(this::round);
  }

  /** Something was asked of a device: it will soon answer. */
  void expect() {
    if (pace.busy()) {
      worker.unpark();
    }
  }

  Interrupt line(int number) {
    return lines.computeIfAbsent(number, Line::new).handlers;
  }

  /** On the socket's thread. */
  void level(int number, boolean up) {
    lines.computeIfAbsent(number, Line::new).set(up);
    if (up) {
      worker.unpark();
    }
  }

  /** Null when all are out. */
  Message message() {
    return messages.message();
  }

  private void round() {
    boolean served = messages.serve();
    for (Line line : lines.values()) {
      served |= line.serve();
    }
    if (served) {
      pace.busy();
      return;
    }
    if (!worker.stopped()) {
      pace.rest(this, messages.any());
    }
  }

  /** Returns when no handler runs any more, unless called from one. */
  @Override
  public void close() {
    worker.close();
  }

  /** One line. It is up or down; what it was in between counts only as "has been up". */
  private final class Line {
    /** After so many calls that did not bring the line down, it is asked seldom: somebody's device is not looked after. */
    private static final int PATIENCE = 64;
    private static final long STUCK_NANOS = 10_000_000;

    private final Handlers handlers;
    private volatile boolean up;
    private volatile boolean raised;
    private int inVain;
    private long next;

    Line(int number) {
      handlers = new Handlers("machine " + name + ", interrupt " + number, LOG);
    }

    void set(boolean level) {
      up = level;
      if (level) {
        raised = true;
      }
    }

    boolean serve() {
      boolean rose = raised;
      if (!rose && (!up || inVain >= PATIENCE && System.nanoTime() - next < 0) || !handlers.any()) {
        return false;
      }
      raised = false;
      handlers.run();
      if (up && !rose) {
        inVain++;
        next = System.nanoTime() + STUCK_NANOS;
      } else {
        inVain = 0;
      }
      return inVain < PATIENCE;
    }
  }

  /** How long to rest when nothing has come: the longer nothing was asked and nothing came, the longer. */
  private static final class Pace {
    private static final int LOOKS = 256;
    private static final long SPIN_NANOS = 200_000;
    private static final long BRISK_NANOS = 5_000_000;
    private static final long SLOW_NANOS = 100_000_000;
    private static final long BRISK_REST = 20_000;
    private static final long SLOW_REST = 200_000;
    private static final long IDLE_REST = 4_000_000;
    private static final long ENDLESS_REST = 100_000_000;

    private volatile long last = System.nanoTime();
    private volatile boolean deep;

    /** Whether the thread had better be woken. */
    boolean busy() {
      last = System.nanoTime();
      return deep;
    }

    void rest(Object blocker, boolean messages) {
      long quiet = System.nanoTime() - last;
      if (quiet < SPIN_NANOS) {
        for (int look = 0; look < LOOKS; look++) {
          Thread.onSpinWait();
        }
        return;
      }
      if (quiet < BRISK_NANOS) {
        LockSupport.parkNanos(blocker, BRISK_REST);
        return;
      }
      deep = true; // before our second look at the time, as busy stores the time before it looks at this: one of the two sees the other
      if (System.nanoTime() - last >= BRISK_NANOS) {
        LockSupport.parkNanos(blocker, quiet < SLOW_NANOS ? SLOW_REST : messages ? IDLE_REST : ENDLESS_REST);
      }
      deep = false;
    }
  }
}
