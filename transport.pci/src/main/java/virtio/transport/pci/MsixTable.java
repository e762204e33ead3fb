package virtio.transport.pci;

import virtio.bus.Interrupt;
import virtio.bus.Machine;
import virtio.bus.Message;
import virtio.bus.Registration;
import virtio.bus.Window;
import virtio.bus.spec.Pci;

/**
 * The MSI-X vectors of a function. Each is an interrupt, which gets its message when somebody registers first; MSI-X is switched on while
 * any has a handler. Any thread.
 *
 * <p>Source: PCI Local Bus Specification 3.0, "MSI-X Capability and Table Structures"
 */
final class MsixTable {
  private static final int CONTROL = 2;
  private static final int CONTROL_SIZE = 0x7FF;
  private static final int CONTROL_MASKED = 0x4000;
  private static final int CONTROL_ENABLE = 0x8000;
  private static final int TABLE = 4;
  private static final int TABLE_BAR = 7;
  private static final int ENTRY = 16;
  private static final int ENTRY_ADDRESS = 0;
  private static final int ENTRY_UPPER_ADDRESS = 4;
  private static final int ENTRY_DATA = 8;
  private static final int ENTRY_CONTROL = 12;
  private static final long LOW = 0xFFFF_FFFFL;

  private final Machine machine;
  private final Window config;
  private final int capability;
  private final Window region;
  private final long offset;
  private final Vector[] vectors;
  private int inUse;

  private MsixTable(Machine machine, Window config, int capability, Window region, long offset, int size) {
    this.machine = machine;
    this.config = config;
    this.capability = capability;
    this.region = region;
    this.offset = offset;
    this.vectors = new Vector[size];
    for (int number = 0; number < size; number++) {
      vectors[number] = new Vector(number);
    }
  }

  /**
   * Null where the function has none, or none that can be reached.
   *
   * @param regions what lies behind the function's base address registers; null in places without any
   */
  static MsixTable of(Machine machine, Window config, Window[] regions) {
    int capability = Pci.capability(config, Pci.CAP_MSIX);
    if (capability == 0) {
      return null;
    }
    int size = (int) (config.read(capability + CONTROL, 2) & CONTROL_SIZE) + 1;
    long table = config.read(capability + TABLE, 4);
    int bar = (int) table & TABLE_BAR;
    long offset = table & ~TABLE_BAR;
    Window region = bar < regions.length ? regions[bar] : null;
    if (region == null || offset + (long) size * ENTRY > region.size()) {
      return null;
    }
    return new MsixTable(machine, config, capability, region, offset, size);
  }

  /** Switches MSI-X off on a function whose past is unknown. */
  static void off(Window config) {
    int capability = Pci.capability(config, Pci.CAP_MSIX);
    if (capability != 0) {
      config.write(capability + CONTROL, 2, config.read(capability + CONTROL, 2) & ~(CONTROL_ENABLE | CONTROL_MASKED));
    }
  }

  int size() {
    return vectors.length;
  }

  Interrupt vector(int number) {
    return vectors[number];
  }

  private void control(boolean enable) {
    long now = config.read(capability + CONTROL, 2) & ~(CONTROL_ENABLE | CONTROL_MASKED);
    config.write(capability + CONTROL, 2, enable ? now | CONTROL_ENABLE : now);
  }

  /** One entry of the table. */
  private final class Vector implements Interrupt {
    private final int number;
    private Message message;
    private int handlers;

    Vector(int number) {
      this.number = number;
    }

    /** IllegalStateException: the machine has no message left, or the table does not keep it. */
    @Override
    public Registration register(Runnable handler) {
      synchronized (MsixTable.this) {
        if (message == null) {
          message = machine.message();
          if (message == null) {
            throw new IllegalStateException("vector=" + number + ": machine " + machine.name() + " has no message for it");
          }
          program();
        }
        Registration registered = message.register(handler);
        if (handlers == 0) {
          open();
        }
        handlers++;
        return new Handler(this, registered);
      }
    }

    private void program() {
      write(ENTRY_ADDRESS, message.address() & LOW);
      write(ENTRY_UPPER_ADDRESS, message.address() >>> 32);
      write(ENTRY_DATA, message.data() & LOW);
      if (read(ENTRY_ADDRESS) != (message.address() & LOW) || read(ENTRY_UPPER_ADDRESS) != message.address() >>> 32
          || read(ENTRY_DATA) != (message.data() & LOW)) {
        message.close();
        message = null;
        throw new IllegalStateException("vector=" + number + ": the table does not keep what was written");
      }
    }

    private void open() {
      if (inUse == 0) {
        control(true);
      }
      inUse++;
      write(ENTRY_CONTROL, 0);
    }

    /** @return the message, for which there is no more use, or null */
    private Message close() {
      handlers--;
      if (handlers > 0) {
        return null;
      }
      write(ENTRY_CONTROL, 1);
      inUse--;
      if (inUse == 0) {
        control(false);
      }
      Message last = message;
      message = null;
      return last;
    }

    private long read(int field) {
      return region.read(offset + (long) number * ENTRY + field, 4);
    }

    private void write(int field, long value) {
      region.write(offset + (long) number * ENTRY + field, 4, value);
    }
  }

  private final class Handler implements Registration {
    private final Vector vector;
    private final Registration registered;
    private boolean closed;

    Handler(Vector vector, Registration registered) {
      this.vector = vector;
      this.registered = registered;
    }

    @Override
    public void close() {
      Message unused = null;
      synchronized (MsixTable.this) {
        if (!closed) {
          closed = true;
          unused = vector.close();
        }
      }
      registered.close();   // outside: a handler that runs may want the table
      if (unused != null) {
        unused.close();
      }
    }
  }
}
