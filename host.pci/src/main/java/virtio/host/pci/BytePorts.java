package virtio.host.pci;

import static virtio.bus.spec.PortsBlock.EVENT_GONE;
import static virtio.bus.spec.PortsBlock.EVENT_READABLE;
import static virtio.bus.spec.PortsBlock.EVENT_WRITABLE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import virtio.bus.Channel;
import virtio.bus.Registration;
import virtio.bus.Window;
import virtio.bus.machine.AllOnes;
import virtio.bus.machine.Handlers;
import virtio.bus.machine.SlotThread;
import virtio.bus.spec.PortsBlock;

/**
 * A slot's channel. The driver's side has the registers of {@link PortsBlock}; the device's end is a stream, whose {@link #ready} fires on
 * the slot's thread. One reader and one writer at each end.
 */
final class BytePorts implements Channel, Window {
  private static final System.Logger LOG = System.getLogger("virtio.host.pci");
  private static final int CAPACITY = 1 << 16;
  private static final int EVENTS = EVENT_READABLE | EVENT_WRITABLE | EVENT_GONE;
  private static final VarHandle STATUS = status();

  private final ByteLane down = new ByteLane(CAPACITY);
  private final ByteLane up = new ByteLane(CAPACITY);
  private final Runnable interrupt;
  private final Handlers ready;
  private final SlotThread.Bell bell;
  private volatile int status;
  private volatile int enable;
  private volatile boolean readWaits;
  private volatile boolean writeWaits;
  private volatile boolean gone;

  /** @param interrupt raises the block's own interrupt */
  BytePorts(String slot, SlotThread thread, Runnable interrupt) {
    this.interrupt = interrupt;
    this.ready = new Handlers(slot + ", channel", LOG);
    this.bell = thread.bell(0, ready::run);
  }

  private static VarHandle status() {
    try {
      return MethodHandles.lookup().findVarHandle(BytePorts.class, "status", int.class);
    } catch (ReflectiveOperationException absent) {
      throw new ExceptionInInitializerError(absent);
    }
  }

  @Override
  public long transfer(MemorySegment memory, long offset, long length, Direction direction) {
    if (length < 1 || offset < 0 || length > memory.byteSize() - offset) {
      throw new IllegalArgumentException("offset=" + offset + " length=" + length + "; allowed: 1 byte or more, inside " + memory.byteSize());
    }
    if (gone) {
      return GONE;
    }
    return direction == Direction.READ ? take(memory, offset, length) : give(memory, offset, length);
  }

  private long take(MemorySegment memory, long offset, long length) {
    int moved = down.read(memory, offset, length);
    if (moved == 0) {
      readWaits = true; // before we look again, as the driver's write comes before its look at this: one of the two sees the other
      moved = down.read(memory, offset, length);
    }
    if (moved > 0) {
      event(EVENT_WRITABLE);
    }
    return moved;
  }

  private long give(MemorySegment memory, long offset, long length) {
    int moved = up.write(memory, offset, length);
    if (moved == 0) {
      writeWaits = true; // as above, with the driver's read
      moved = up.write(memory, offset, length);
    }
    if (moved > 0) {
      event(EVENT_READABLE);
    }
    return moved;
  }

  /** A status bit rises: the driver hears of it if it wants to, once until it has cleared the bit. */
  private void event(int bit) {
    if (((int) STATUS.getAndBitwiseOr(this, bit) & bit) == 0 && (enable & bit) != 0) {
      interrupt.run();
    }
  }

  @Override
  public Registration ready(Runnable moved) {
    return ready.register(moved);
  }

  @Override
  public int maxMessage() {
    return 0;
  }

  /** The device goes: both sides are told. */
  void leave() {
    gone = true;
    event(EVENT_GONE);
    bell.ring();
  }

  // What the driver's side sees.

  @Override
  public long size() {
    return PortsBlock.SIZE;
  }

  @Override
  public long read(long offset, int width) {
    if (offset == PortsBlock.READ_PORT && width == 1) {
      int value = up.read();
      if (value >= 0 && writeWaits) {
        writeWaits = false;
        bell.ring();
      }
      return Math.max(value, 0);
    }
    if (width != 4) {
      return AllOnes.of(width);
    }
    return switch ((int) offset) {
      case PortsBlock.READABLE -> up.readable();
      case PortsBlock.WRITABLE -> down.writable();
      case PortsBlock.INTERRUPT_STATUS -> status;
      case PortsBlock.INTERRUPT_ENABLE -> enable;
      default -> 0;
    };
  }

  @Override
  public void write(long offset, int width, long value) {
    if (offset == PortsBlock.WRITE_PORT && width == 1) {
      if (down.write((byte) value) && readWaits) {
        readWaits = false;
        bell.ring();
      }
    } else if (width == 4) {
      switch ((int) offset) {
        case PortsBlock.INTERRUPT_STATUS -> STATUS.getAndBitwiseAnd(this, ~(int) value);
        case PortsBlock.INTERRUPT_ENABLE -> enable((int) value & EVENTS);
        case PortsBlock.RESET -> reset();
        default -> { }
      }
    }
  }

  private void enable(int bits) {
    enable = bits;
    if ((status & bits) != 0) {
      interrupt.run();
    }
  }

  private void reset() {
    enable = 0;
    down.drop();
    up.drop();
    status = gone ? EVENT_GONE : 0;
    bell.ring();
  }

  @Override
  public String toString() {
    return "the byte ports";
  }
}
