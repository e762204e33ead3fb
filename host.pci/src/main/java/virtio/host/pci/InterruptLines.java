package virtio.host.pci;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import virtio.bus.Interrupt;
import virtio.bus.Message;
import virtio.bus.Registration;
import virtio.bus.machine.Handlers;
import virtio.bus.machine.MessageCells;
import virtio.bus.machine.SlotThread;

/**
 * What interrupts the guest, and the one thread that runs its handlers: messages, which devices write into cells of its memory; lines, which
 * pins hold up; and news of the bus. Any thread.
 */
final class InterruptLines implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.host.pci");
  private static final int LOOKS = 64;
  private static final long SLEEP_NANOS = 100_000_000L;

  private final MachineMemory memory;
  private final MessageCells messages;
  private final SlotThread thread;
  private final SlotThread.Bell written;
  private final Line[] pins = new Line[AddressMap.PINS];
  private final Handlers changes;
  private final SlotThread.Bell changed;

  InterruptLines(String machine, MachineMemory memory) {
    this.memory = memory;
    this.messages = new MessageCells(machine, memory.cells(), LOG);
    this.thread = new SlotThread("pci-" + machine + "-interrupts", LOOKS, SLEEP_NANOS, LOG);
    this.written = thread.bell(0, messages::serve);
    this.changes = new Handlers("machine " + machine + ", changes", LOG);
    this.changed = thread.bell(0, changes::run);
    for (int pin = 0; pin < pins.length; pin++) {
      pins[pin] = new Line("machine " + machine + ", line " + pin);
    }
  }

  /** Null when all are out. */
  Message message() {
    return messages.message();
  }

  /** A device writes a message. */
  void send(long address, int data) {
    if (memory.message(address, data)) {
      written.ring();
    }
  }

  /** Functions have come or gone. */
  void changed() {
    changed.ring();
  }

  /** A device's pin A, INTA. */
  void level(int device, boolean high) {
    pins[device % pins.length].level(1 << device, high);
  }

  /** Null where there is no such source. */
  Interrupt source(long number) {
    if (number == AddressMap.CHANGED) {
      return changes;
    }
    return number >= 0 && number < pins.length ? pins[(int) number] : null;
  }

  /** Returns when no handler runs any more. */
  @Override
  public void close() {
    thread.close();
  }

  /** A line that is up while anybody holds it up; its handlers are called again until nobody does. */
  private final class Line implements Interrupt {
    /** After so many calls that did not bring it down, it is asked seldom: somebody's device is not looked after. */
    private static final int PATIENCE = 64;

    private final Handlers handlers;
    private final SlotThread.Bell bell;
    private int holders;
    private volatile boolean up;
    private int inVain;

    Line(String name) {
      handlers = new Handlers(name, LOG);
      bell = thread.bell(0, this::serve);
    }

    synchronized void level(int holder, boolean high) {
      holders = high ? holders | holder : holders & ~holder;
      up = holders != 0;
      if (up) {
        bell.ring();
      }
    }

    @Override
    public Registration register(Runnable handler) {
      Registration registration = handlers.register(handler);
      if (up) {
        bell.ring();
      }
      return registration;
    }

    private void serve() {
      handlers.run();
      if (!up || !handlers.any()) {
        inVain = 0;
        return;
      }
      if (++inVain > PATIENCE) {
        LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(1));
      }
      bell.ring();
    }
  }
}
