package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.function.IntConsumer;
import virtio.bus.Channel;
import virtio.bus.Registration;
import virtio.bus.machine.Handlers;
import virtio.bus.machine.Passage;
import virtio.bus.machine.SlotThread;

/**
 * A device's end of lguest's DMA: it reads what the guest has sent, and fills what the guest has bound, each in the array's order and round
 * again. As long as no driver is there nothing moves; one that goes is not the end, as another may come.
 *
 * <p>The guest's structures are trusted to be numbers. Each is read once per message; a section outside the guest's memory, or across a page,
 * ends the guest's hold on the channel, with a line in the log, until it binds anew. So does a bound structure too small for a message,
 * which the historical host cut short without a word.
 */
final class DmaChannel implements Channel {
  static final int MAX_MESSAGE = LguestDma.SECTIONS * MachineMemory.PAGE;

  private static final System.Logger LOG = System.getLogger("virtio.host.lguest");
  private static final int MOST_BOUND = 255;

  private final String slot;
  private final MemorySegment memory;
  private final long guestEnd;
  private final IntConsumer raise;
  private final Handlers handlers;
  private final SlotThread.Bell bell;
  private final Passage reading = new Passage();
  private final Passage writing = new Passage();
  private volatile Array sent;
  private volatile Array bound;
  private volatile boolean refused;
  private volatile boolean closed;

  /**
   * @param slot its name, for messages
   * @param raise an interrupt line
   * @param thread runs whoever wants to know
   */
  DmaChannel(String slot, MachineMemory machine, IntConsumer raise, SlotThread thread) {
    this.slot = slot;
    this.memory = machine.segment();
    this.guestEnd = machine.devicePage();
    this.raise = raise;
    this.handlers = new Handlers(slot + ", channel", LOG);
    this.bell = thread.bell(-1, handlers::run);
  }

  /** Structures of the guest's, and where we are in them. The position is that of the one thread that reads, or writes. */
  private static final class Array {
    private final long address;
    private final int count;
    private final int line;
    private int next;

    Array(long address, int count, int line) {
      this.address = address;
      this.count = count;
      this.line = line;
    }

    long at(int index) {
      return address + (long) LguestDma.BYTES * index;
    }

    int before(int index) {
      return index == 0 ? count - 1 : index - 1;
    }
  }

  @Override
  public int maxMessage() {
    return MAX_MESSAGE;
  }

  @Override
  public Registration ready(Runnable moved) {
    return handlers.register(moved);
  }

  @Override
  public long transfer(MemorySegment with, long offset, long length, Direction direction) {
    boolean read = direction == Direction.READ;
    if (length < 1 || offset < 0 || length > with.byteSize() - offset || (read ? length < MAX_MESSAGE : length > MAX_MESSAGE)) {
      throw new IllegalArgumentException("offset=" + offset + " length=" + length + " of " + with.byteSize()
          + "; allowed: inside, a READ of at least and a WRITE of up to " + MAX_MESSAGE);
    }
    Passage passage = read ? reading : writing;
    if (!passage.enter()) {
      return closed ? GONE : 0;
    }
    try {
      return read ? read(with, offset) : write(with, offset, (int) length);
    } finally {
      passage.leave();
    }
  }

  private long read(MemorySegment to, long offset) {
    Array from = sent;
    if (from == null) {
      return 0;
    }
    int index = from.next;
    long at = from.at(index);
    if (LguestDma.usedAcquire(memory, at) != 0) {
      return 0;
    }
    int moved = 0;
    for (int section = 0; section < LguestDma.SECTIONS; section++) {
      int length = LguestDma.len(memory, at, section);
      if (length == 0) {
        break;
      }
      long address = LguestDma.addr(memory, at, section);
      if (!granted(address, length)) {
        return refuse("sent", index, "section " + section + ", 0x" + Long.toHexString(address) + " + " + length);
      }
      MemorySegment.copy(memory, address, to, offset + moved, length);
      moved += length;
    }
    if (moved == 0) {
      return refuse("sent", index, "no bytes");
    }
    LguestDma.usedRelease(memory, at, moved);
    from.next = index + 1 == from.count ? 0 : index + 1;
    VarHandle.fullFence(); // "taken" before our look; pairs with the guest's, between what it sends and its look whether there is room
    Array told = bound;
    if (told != null && (from.count == 1 || LguestDma.usedAcquire(memory, from.at(from.before(index))) == 0)) {
      raise.accept(told.line); // all were sent: the guest may be held up
    }
    return moved;
  }

  private long write(MemorySegment from, long offset, int length) {
    Array to = bound;
    if (to == null) {
      return 0;
    }
    int index = to.next;
    long at = to.at(index);
    if (LguestDma.usedAcquire(memory, at) != 0) {
      return 0;
    }
    int moved = 0;
    for (int section = 0; section < LguestDma.SECTIONS && moved < length; section++) {
      int room = LguestDma.len(memory, at, section);
      if (room == 0) {
        break;
      }
      long address = LguestDma.addr(memory, at, section);
      if (!granted(address, room)) {
        return refuse("bound", index, "section " + section + ", 0x" + Long.toHexString(address) + " + " + room);
      }
      int step = Math.min(room, length - moved);
      MemorySegment.copy(from, offset + moved, memory, address, step);
      moved += step;
    }
    if (moved < length) {
      return refuse("bound", index, "room for " + moved + " of " + length + " bytes");
    }
    LguestDma.usedRelease(memory, at, moved);
    to.next = index + 1 == to.count ? 0 : index + 1;
    VarHandle.fullFence(); // "filled" before our look; pairs with the guest's, between "free" and its look for the next
    if (to.count == 1 || LguestDma.usedAcquire(memory, to.at(to.before(index))) == 0) {
      raise.accept(to.line); // all before it were read: the guest may be waiting
    }
    return moved;
  }

  private boolean granted(long address, int length) {
    return address >= MachineMemory.PAGE && address + length <= guestEnd && address % MachineMemory.PAGE + length <= MachineMemory.PAGE;
  }

  private long refuse(String what, int index, String why) {
    refused = true;
    sent = null;
    bound = null;
    LOG.log(System.Logger.Level.WARNING, slot + ": channel: " + what + " structure " + index + ": " + why + ": refused until bound anew");
    return 0;
  }

  private boolean array(long address, int count) {
    return address >= MachineMemory.PAGE && address % 4 == 0 && address + (long) LguestDma.BYTES * count <= guestEnd;
  }

  /** LHCALL_SEND_DMA; false where that is no array, or another than one not yet read. On the hypercall thread. */
  synchronized boolean sent(long address, int number) {
    int count = number == 0 ? 1 : number;
    Array known = sent;
    if (count < 0 || count > MOST_BOUND || !array(address, count) || refused || closed) {
      return false;
    }
    if (known == null || known.address != address || known.count != count) {
      if (known != null && waiting(known)) {
        return false;
      }
      reading.shut();
      sent = new Array(address, count, 0);
      reading.open();
    }
    bell.ring();
    return true;
  }

  private boolean waiting(Array known) {
    for (int index = 0; index < known.count; index++) {
      if (LguestDma.usedAcquire(memory, known.at(index)) == 0) {
        return true;
      }
    }
    return false;
  }

  /** LHCALL_BIND_DMA; false where that is no array, or one is bound. On the hypercall thread. */
  synchronized boolean bind(long address, int count, int line) {
    if (bound != null || closed || count == 0 || line >= InterruptController.CONFIGURATION_LINE || !array(address, count)) {
      return false;
    }
    refused = false;
    bound = new Array(address, count, line);
    bell.ring();
    return true;
  }

  /** The guest lets go, or is another: when this returns its memory is not touched. On the hypercall thread. */
  synchronized void unbind() {
    reading.shut();
    writing.shut();
    sent = null;
    bound = null;
    refused = false;
    if (!closed) {
      reading.open();
      writing.open();
    }
  }

  /** For good; returns when the guest's memory is not touched any more. */
  synchronized void close() {
    closed = true;
    reading.shut();
    writing.shut();
    bell.ring();
  }
}
