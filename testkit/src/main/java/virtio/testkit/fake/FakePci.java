package virtio.testkit.fake;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import virtio.bus.AddressSpace;
import virtio.bus.Interrupt;
import virtio.bus.Machine;
import virtio.bus.Message;
import virtio.bus.Store;
import virtio.bus.Window;

/**
 * A machine with PCI buses, in memory. Every access is decoded as the registers of functions and bridges say at that moment, so what is not
 * placed, not switched on or not passed on is not there, and reads all ones. Firmware words as {@code transport.pci} wants them.
 */
public final class FakePci implements Machine, AutoCloseable {
  private static final int CONFIG_PORTS = 0xCF8;
  private static final int CONFIG_DATA = 0xCFC;
  private static final long CONFIG_MEMORY = 0xB000_0000L;
  private static final long CONFIG_END = 0xC000_0000L;
  private static final long MESSAGES = 0xFEE0_0000L;
  private static final int LINES = 24;

  private final String name;
  private final FakePciBus root = new FakePciBus();
  private final FakeStore firmware = new FakeStore();
  private final FakeMemory memory = new FakeMemory(false);
  private final FakeInterrupts interrupts;
  private final FakeInterrupts.Line[] lines = new FakeInterrupts.Line[LINES];
  private final Map<Integer, FakeInterrupts.Written> messages = new ConcurrentHashMap<>();
  private int messagesGiven;
  private long selected;
  private int messagesLeft = Integer.MAX_VALUE;
  private volatile boolean ended;

  /** Configuration by ports. */
  public FakePci(String name) {
    this.name = name;
    interrupts = new FakeInterrupts(name);
    for (int line = 0; line < LINES; line++) {
      lines[line] = interrupts.new Line();
    }
    firmware.put("pci/0/config", "ports:0xcf8");
    firmware.put("pci/0/memory", "0xc0000000:0x20000000");
    firmware.put("pci/0/memory64", "0x800000000:0x100000000");
    firmware.put("pci/0/io", "0x1000:0xf000");
    firmware.put("pci/0/intx", "20,21,22,23");
  }

  /** Configuration by memory instead. */
  public FakePci ecam() {
    firmware.put("pci/0/config", "ecam:0x%x:%d".formatted(CONFIG_MEMORY, (CONFIG_END - CONFIG_MEMORY) >> 20));
    return this;
  }

  /** Only so many messages can be had. */
  public FakePci messages(int most) {
    messagesLeft = most;
    return this;
  }

  public FakePciBus root() {
    return root;
  }

  public FakeMemory memory() {
    return memory;
  }

  /** The line of a device's pin on the root bus. */
  FakeInterrupts.Line line(int device, int pin) {
    return lines[20 + (device + pin - 1) % 4];
  }

  /** A function sends a message: a write that reaches whoever waits for it. */
  void send(long address, long data) {
    messages.values().stream().filter(message -> message.address() == address && message.data() == (int) data)
        .forEach(FakeInterrupts.Written::arrive);
  }

  /** The machine is no more: everything reads all ones. */
  @Override
  public void close() {
    ended = true;
    interrupts.close();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, Object> properties() {
    return Map.of();
  }

  @Override
  public Window window(long physical, long size) {
    return new Decoded(false, physical, size);
  }

  @Override
  public Window ports(long base, long size) {
    return new Decoded(true, base, size);
  }

  @Override
  public AddressSpace space(long unit) {
    return unit == 0 ? memory : null;
  }

  @Override
  public Interrupt interrupt(long source) {
    return source >= 0 && source < LINES ? lines[(int) source] : null;
  }

  @Override
  public synchronized Message message() {
    if (messagesLeft == 0) {
      return null;
    }
    messagesLeft--;
    int number = messagesGiven++;
    FakeInterrupts.Written message = interrupts.new Written(MESSAGES + 4L * number, 0x4000 + number, () -> takeBack(number));
    messages.put(number, message);
    return message;
  }

  private synchronized void takeBack(int number) {
    if (messages.remove(number) != null) {
      messagesLeft++;
    }
  }

  /** Messages that somebody has. */
  public int messagesOut() {
    return messages.size();
  }

  @Override
  public Store firmware() {
    return firmware;
  }

  private synchronized long read(boolean io, long address, int width) {
    if (ended) {
      return ones(width);
    }
    if (io && address >= CONFIG_DATA && address < CONFIG_DATA + 4) {
      return configRead((int) (selected >>> 8) & 0xFFFF, (int) (selected & 0xFC | address & 3), width);
    }
    if (!io && address >= CONFIG_MEMORY && address < CONFIG_END) {
      return configRead((int) (address - CONFIG_MEMORY >>> 12), (int) address & 0xFFF, width);
    }
    FakePciFunction.Place place = root.decode(io, address);
    return place == null ? ones(width) : place.registers().read(place.offset(), width);
  }

  private synchronized void write(boolean io, long address, int width, long value) {
    if (ended) {
      return;
    }
    if (io && address == CONFIG_PORTS) {
      selected = value;
    } else if (io && address >= CONFIG_DATA && address < CONFIG_DATA + 4) {
      configWrite((int) (selected >>> 8) & 0xFFFF, (int) (selected & 0xFC | address & 3), width, value);
    } else if (!io && address >= CONFIG_MEMORY && address < CONFIG_END) {
      configWrite((int) (address - CONFIG_MEMORY >>> 12), (int) address & 0xFFF, width, value);
    } else {
      FakePciFunction.Place place = root.decode(io, address);
      if (place != null) {
        place.registers().write(place.offset(), width, value);
      }
    }
  }

  private long configRead(int routing, int offset, int width) {
    FakePciFunction function = find(routing);
    return function == null ? ones(width) : function.configRead(offset, width);
  }

  private void configWrite(int routing, int offset, int width, long value) {
    FakePciFunction function = find(routing);
    if (function != null) {
      function.configWrite(offset, width, value);
    }
  }

  private FakePciFunction find(int routing) {
    return root.find(0, routing >>> 8, routing >>> 3 & 31, routing & 7);
  }

  static long ones(int width) {
    return -1L >>> 64 - 8 * width;
  }

  private final class Decoded implements Window {
    private final boolean io;
    private final long base;
    private final long size;

    Decoded(boolean io, long base, long size) {
      this.io = io;
      this.base = base;
      this.size = size;
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public long read(long offset, int width) {
      return FakePci.this.read(io, base + offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      FakePci.this.write(io, base + offset, width, value);
    }
  }
}
