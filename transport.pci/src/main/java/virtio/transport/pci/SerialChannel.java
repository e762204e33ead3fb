package virtio.transport.pci;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.Window;
import virtio.bus.machine.Handlers;

/**
 * A serial port as a channel: a 16550 with its FIFO on, eight bits, no parity. One byte is read for each "data ready", and up to 16 are
 * written for each "holding register empty". What has not been read when the function is let go waits in the FIFO. A byte that was
 * overrun is lost, and no channel may lose any: the channel ends then.
 *
 * <p>Source: National Semiconductor PC16550D, "Registers"; {@code virt_pci_transfer} of the sketch "virt_pci.c"
 */
final class SerialChannel implements FunctionChannel {
  private static final System.Logger LOG = System.getLogger("virtio.transport.pci");
  private static final int DATA = 0;
  private static final int INTERRUPT_ENABLE = 1;
  private static final int FIFO_CONTROL = 2;
  private static final int LINE_CONTROL = 3;
  private static final int MODEM_CONTROL = 4;
  private static final int LINE_STATUS = 5;
  private static final int SIZE = 8;

  /** Of the interrupts enabled. */
  private static final int RECEIVED = 0x1;
  private static final int HOLDING_EMPTY = 0x2;
  /** On, and interrupting at 14 bytes, or when none has come for a while: a line's end may send so many at a time. */
  private static final int FIFO_ON = 0xC1;
  private static final int EIGHT_BITS = 0x3;
  /** The first two registers are the divisor's. */
  private static final int DIVISOR = 0x80;
  /** Ready, and the output that lets interrupts through on a PC. */
  private static final int READY = 0xB;
  /** Of the line's status. */
  private static final int DATA_READY = 0x1;
  private static final int OVERRUN = 0x2;
  private static final int THRE = 0x20;
  private static final int ALL_ONES = 0xFF;

  private static final int FIFO = 16;
  /** Bytes in one transfer, each of which is an access or two. */
  private static final int MOST = 1024;

  private final String device;
  private final Window registers;
  private final Interrupt pin;
  private final List<Handlers> waiting = new CopyOnWriteArrayList<>();
  private int enabled;
  private volatile boolean over;

  private SerialChannel(String device, Window registers, Interrupt pin) {
    this.device = device;
    this.registers = registers;
    this.pin = pin;
  }

  /** Null where the function's registers or its pin cannot be reached. */
  static SerialChannel of(String device, Window registers, Interrupt pin) {
    if (registers == null || registers.size() < SIZE || pin == null) {
      return null;
    }
    SerialChannel channel = new SerialChannel(device, registers, pin);
    registers.write(LINE_CONTROL, 1, DIVISOR | EIGHT_BITS);
    registers.write(DATA, 1, 1);   // 115200 baud
    registers.write(INTERRUPT_ENABLE, 1, 0);
    registers.write(LINE_CONTROL, 1, EIGHT_BITS);
    registers.write(FIFO_CONTROL, 1, FIFO_ON);   // empties it if it was off, and only then
    registers.write(MODEM_CONTROL, 1, READY);
    channel.reset();
    return channel;
  }

  @Override
  public synchronized void reset() {
    enabled = 0;
    registers.write(INTERRUPT_ENABLE, 1, 0);
  }

  @Override
  public void leave() {
    waiting.forEach(Handlers::run);
  }

  @Override
  public long transfer(MemorySegment memory, long offset, long length, Direction direction) {
    if (length < 1 || offset < 0 || length > memory.byteSize() - offset) {
      throw new IllegalArgumentException("offset=" + offset + " length=" + length + "; allowed: 1 byte or more, inside "
          + memory.byteSize());
    }
    long most = Math.min(length, MOST);
    return direction == Direction.READ ? read(memory, offset, most) : write(memory, offset, most);
  }

  private long read(MemorySegment memory, long offset, long length) {
    long done = 0;
    while (done < length) {
      int line = line();
      if (over) {
        return done > 0 ? done : GONE;
      } else if ((line & DATA_READY) == 0) {
        break;
      }
      memory.set(ValueLayout.JAVA_BYTE, offset + done++, (byte) registers.read(DATA, 1));
    }
    if (done == 0) {
      enable(RECEIVED);
    }
    return done;
  }

  private long write(MemorySegment memory, long offset, long length) {
    long done = 0;
    while (done < length) {
      int line = line();
      if (over) {
        return done > 0 ? done : GONE;
      } else if ((line & THRE) == 0) {
        break;
      }
      long end = Math.min(length, done + FIFO);
      while (done < end) {
        registers.post(DATA, 1, memory.get(ValueLayout.JAVA_BYTE, offset + done++) & 0xFF);
      }
    }
    if (done == 0) {
      enable(HOLDING_EMPTY);
    }
    return done;
  }

  private int line() {
    int line = (int) registers.read(LINE_STATUS, 1);
    if (line == ALL_ONES) {
      over = true;
    } else if ((line & OVERRUN) != 0 && !over) {
      over = true;
      LOG.log(System.Logger.Level.ERROR, device + ": its FIFO was overrun, bytes are lost: the channel ends");
    }
    return line;
  }

  /** What is the case already interrupts at once. */
  private synchronized void enable(int interrupt) {
    if ((enabled & interrupt) == 0) {
      enabled |= interrupt;
      registers.write(INTERRUPT_ENABLE, 1, enabled);
    }
  }

  /** Lets the pin fall: what is the case is told, and not asked for any more. */
  private synchronized void quiet() {
    int line = line();
    int told = (line & DATA_READY) != 0 ? RECEIVED : 0;
    told |= (line & THRE) != 0 ? HOLDING_EMPTY : 0;
    if ((enabled & told) != 0) {
      enabled &= ~told;
      registers.write(INTERRUPT_ENABLE, 1, enabled);
    }
  }

  @Override
  public Registration ready(Runnable moved) {
    Handlers handlers = new Handlers(device + ", channel", LOG);
    Registration handler = handlers.register(moved);
    waiting.add(handlers);
    Registration wired = pin.register(() -> {
      quiet();
      handlers.run();
    });
    return () -> {
      waiting.remove(handlers);
      wired.close();
      handler.close();
    };
  }

  @Override
  public int maxMessage() {
    return 0;
  }
}
