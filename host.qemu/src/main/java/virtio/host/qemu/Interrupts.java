package virtio.host.qemu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import virtio.bus.DmaMemory;
import virtio.bus.Interrupt;
import virtio.bus.Message;
import virtio.bus.Registration;

/**
 * What interrupts us, and the one thread that runs the handlers: lines, of which QEMU tells on its socket, and messages, which devices write
 * into cells of guest memory. Nobody tells of those: the thread looks, often while something goes on, seldom otherwise.
 */
final class Interrupts implements AutoCloseable {
  /** A cell is 32 bits, as a message is. */
  private static final int CELL = Integer.BYTES;
  private static final VarHandle WORD = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final Cell[] NONE = {};

  private final String name;
  private final MemorySegment cells;
  private final long address;
  private final Map<Integer, Line> lines = new ConcurrentHashMap<>();
  private final Cell[] places;
  private final Pace pace = new Pace();
  private final Worker worker;
  private volatile Cell[] inUse = NONE;

  /** @param memory where messages land; nobody else's */
  Interrupts(String name, DmaMemory memory) {
    this.name = name;
    this.cells = memory.segment();
    this.address = memory.address();
    this.places = new Cell[(int) (memory.bytes() / CELL)];
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
  synchronized Message message() {
    for (int place = 0; place < places.length; place++) {
      if (places[place] == null) {
        Cell cell = new Cell(place);
        places[place] = cell;
        WORD.setVolatile(cells, (long) place * CELL, 0);
        publish();
        return cell;
      }
    }
    return null;
  }

  private synchronized void back(Cell cell) {
    if (places[cell.place] == cell) {
      places[cell.place] = null;
      publish();
    }
  }

  private void publish() {
    inUse = Arrays.stream(places).filter(Objects::nonNull).toArray(Cell[]::new);
  }

  private void round() {
    boolean served = false;
    for (Cell cell : inUse) {
      served |= cell.serve();
    }
    for (Line line : lines.values()) {
      served |= line.serve();
    }
    if (served) {
      pace.busy();
      return;
    }
    pace.rest(this, inUse.length > 0);
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
      handlers = new Handlers("machine " + name + ", interrupt " + number);
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

  /** Where one message lands. */
  private final class Cell implements Message {
    private final int place;
    private final Handlers handlers;

    Cell(int place) {
      this.place = place;
      this.handlers = new Handlers("machine " + name + ", message " + place);
    }

    @Override
    public long address() {
      return address + (long) place * CELL;
    }

    /** Never 0, which is what an empty cell holds. */
    @Override
    public int data() {
      return place + 1;
    }

    @Override
    public Registration register(Runnable handler) {
      return handlers.register(handler);
    }

    /** Emptied before the handlers look at memory: what is stored after their look fills it again. The exchange orders the two. */
    boolean serve() {
      if ((int) WORD.getOpaque(cells, (long) place * CELL) == 0) {
        return false;
      }
      WORD.getAndSet(cells, (long) place * CELL, 0);
      handlers.run();
      return true;
    }

    @Override
    public void close() {
      handlers.close();
      back(this);
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
