package virtio.bus.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import virtio.bus.DmaMemory;
import virtio.bus.Message;
import virtio.bus.Registration;

/**
 * Memory of a machine's in which messages of its devices land: a cell each, 32 bits, of which the device writes the number plus one. Nobody
 * tells of that: the machine's interrupt thread looks. Any thread, but for {@link #serve}.
 */
public final class MessageCells {
  /** A message is 32 bits. */
  private static final int CELL = Integer.BYTES;
  private static final VarHandle WORD = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
  private static final Cell[] NONE = {};

  private final String machine;
  private final System.Logger log;
  private final MemorySegment cells;
  private final long address;
  private final Cell[] places;
  private volatile Cell[] inUse = NONE;

  /**
   * @param machine its name, for the log
   * @param memory nobody else's
   * @param log the machine's, for what handlers throw
   */
  public MessageCells(String machine, DmaMemory memory, System.Logger log) {
    this.machine = machine;
    this.log = log;
    this.cells = memory.segment();
    this.address = memory.address();
    this.places = new Cell[(int) (memory.bytes() / CELL)];
  }

  /** Null when all are out. */
  public synchronized Message message() {
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

  /** Whether any message is out. */
  public boolean any() {
    return inUse.length > 0;
  }

  /** Whether one has come that is not served yet. */
  public boolean pending() {
    for (Cell cell : inUse) {
      if (cell.pending()) {
        return true;
      }
    }
    return false;
  }

  /** Runs the handlers of all that have come; whether there was one. On the machine's interrupt thread. */
  public boolean serve() {
    boolean served = false;
    for (Cell cell : inUse) {
      served |= cell.serve();
    }
    return served;
  }

  /** Where one message lands. */
  private final class Cell implements Message {
    private final int place;
    private final Handlers handlers;

    Cell(int place) {
      this.place = place;
      this.handlers = new Handlers("machine " + machine + ", message " + place, log);
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

    boolean pending() {
      return (int) WORD.getOpaque(cells, (long) place * CELL) != 0;
    }

    /** Emptied before the handlers look at memory: what is stored after their look fills it again. The exchange orders the two. */
    boolean serve() {
      if (!pending()) {
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
}
