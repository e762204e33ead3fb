package virtio.host.pci;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.Window;
import virtio.bus.machine.AllOnes;
import virtio.bus.spec.NamedWindow;
import virtio.bus.spec.Pci;

/**
 * A function's configuration space, and where its regions lie, as the driver's side has it. Any thread; what is laid out is laid out before
 * the bus has it.
 *
 * <p>Source: PCI Local Bus Specification 3.0, chapter 6
 */
final class Function {
  static final int BAR_64 = 4;
  static final int BAR_PREFETCHABLE = 8;
  /** The region that has the MSI-X table. */
  static final int MSIX_BAR = 1;

  private static final int CONVENTIONAL_SPACE = 0x100;
  private static final int FIRST_CAPABILITY = 0x40;
  private static final int INTERRUPT_LINE = 0x3C;
  private static final int STATUS_INTERRUPT = 0x08;
  private static final int MSIX_CONTROL = 2;
  private static final int MSIX_ENABLE = 0x8000;
  private static final int MSIX_MASKED = 0x4000;
  private static final int MSIX_BYTES = 12;
  /** Other communication device. */
  private static final int CLASS_OTHER_COMMUNICATION = 0x07_80_00;

  private final Crossing crossing;
  private final PinWire wire;
  private final byte[] space = new byte[CONVENTIONAL_SPACE];
  private final byte[] writable = new byte[CONVENTIONAL_SPACE];
  private final Region[] regions = new Region[Pci.BARS];
  private final List<Capability> capabilities = new ArrayList<>();
  private final Msix msix;
  private final int msixAt;
  private int nextCapability = FIRST_CAPABILITY;
  private int lastLink = Pci.CAPABILITIES;
  private boolean pin;
  private volatile boolean master;
  private volatile boolean gone;
  private volatile List<Decoded> decoded = List.of();

  /** Where a function's pin ends. */
  interface PinWire {
    /** The level has changed, or may have. Must not block. */
    void level(boolean high);
  }

  /** A region that the function answers for. */
  record Decoded(long address, long size, Region region) {
    boolean holds(long at) {
      return at >= address && at - address < size;
    }
  }

  private record Capability(int at, Window registers) {
    boolean holds(int offset) {
      return offset >= at && offset < at + registers.size();
    }
  }

  Function(Crossing crossing, Msix.Sender memory, PinWire wire) {
    this.crossing = crossing;
    this.wire = wire;
    this.msix = new Msix((address, data) -> {
      if (master && !gone) {
        memory.send(address, data);
      }
    });
    put(Pci.VENDOR_ID, 2, Pci.VIRTIO_VENDOR);
    identity(NamedWindow.DEVICE, Pci.VIRTIO_VENDOR, 0, CLASS_OTHER_COMMUNICATION);
    put(Pci.STATUS, 2, Pci.STATUS_CAPABILITIES);
    allow(Pci.COMMAND, 2, Pci.COMMAND_MEMORY | Pci.COMMAND_MASTER | Pci.COMMAND_INTX_DISABLE);
    allow(INTERRUPT_LINE, 1, 0xFF);
    region(MSIX_BAR, 0).add(msix, false);
    byte[] table = new byte[MSIX_BYTES];
    table[MSIX_CONTROL] = Msix.VECTORS - 1;
    table[4] = MSIX_BAR;
    table[8] = MSIX_BAR;
    table[9] = (byte) (Msix.PENDING >>> 8);
    msixAt = capability(Pci.CAP_MSIX, table);
    allow(msixAt + MSIX_CONTROL, 2, MSIX_ENABLE | MSIX_MASKED);
  }

  Msix msix() {
    return msix;
  }

  /** The function is what a config handler says. */
  synchronized void identity(int device, int subsystemVendor, int subsystem, int classCode) {
    put(Pci.DEVICE_ID, 2, device);
    put(Pci.REVISION_AND_CLASS, 4, (long) classCode << 8 | 1);
    put(Pci.SUBSYSTEM_VENDOR_ID, 2, subsystemVendor);
    put(Pci.SUBSYSTEM_ID, 2, subsystem);
  }

  /** It has a pin, INTA. */
  synchronized void wired() {
    put(Pci.INTERRUPT_PIN, 1, 1);
  }

  /** The region of that register, made if there is none; null where the upper half of a wide one is. */
  synchronized Region region(int bar, int flags) {
    boolean taken = bar > 0 && regions[bar - 1] != null && regions[bar - 1].wide()
        || (flags & BAR_64) != 0 && (bar + 1 == Pci.BARS || regions[bar + 1] != null)
        || regions[bar] != null && regions[bar].flags() != flags;
    if (taken) {
      return null;
    }
    if (regions[bar] == null) {
      regions[bar] = new Region(flags);
    }
    return regions[bar];
  }

  /** Appends a capability that is plain bytes, of which the first two are ours. @return where it lies; 0 where there is no room */
  synchronized int capability(int id, byte[] body) {
    int at = nextCapability;
    if (at + body.length > CONVENTIONAL_SPACE) {
      return 0;
    }
    System.arraycopy(body, 0, space, at, body.length);
    put(at, 2, id);
    put(lastLink, 1, at);
    lastLink = at + 1;
    nextCapability = at + body.length + 3 & -4;
    return at;
  }

  /** Appends one whose third byte and those behind are registers of a config handler's. The same. */
  synchronized int capability(int id, Window registers) {
    int at = capability(id, new byte[(int) Math.min(registers.size(), CONVENTIONAL_SPACE)]);
    if (at != 0) {
      capabilities.add(new Capability(at, registers));
    }
    return at;
  }

  /** The regions have their sizes: the driver's side may find the function. */
  synchronized void settle() {
    for (int bar = 0; bar < Pci.BARS; bar++) {
      Region region = regions[bar];
      if (region != null && region.size() > 0) {
        put(Pci.BAR0 + 4 * bar, 4, region.flags());
        allow(Pci.BAR0 + 4 * bar, 4, -region.size() & 0xFFFF_FFF0L);
        if (region.wide()) {
          allow(Pci.BAR0 + 4 * bar + 4, 4, -region.size() >>> 32);
        }
      }
    }
  }

  /** Pulled: everything reads all ones. */
  synchronized void leave() {
    gone = true;
    decoded = List.of();
    pin(false);
  }

  boolean gone() {
    return gone;
  }

  List<Decoded> decoded() {
    return decoded;
  }

  /** The pin: the bus hears of it unless messages are on, or it is switched off. */
  synchronized void pin(boolean high) {
    pin = high;
    put(Pci.STATUS, 2, high ? Pci.STATUS_CAPABILITIES | STATUS_INTERRUPT : Pci.STATUS_CAPABILITIES);
    drive();
  }

  private void drive() {
    wire.level(pin && !gone && !msix.enabled() && (get(Pci.COMMAND, 2) & Pci.COMMAND_INTX_DISABLE) == 0);
  }

  /** As the driver's side reads it. */
  long read(int offset, int width) {
    if (gone) {
      return AllOnes.of(width);
    }
    Capability capability = handlers(offset);
    if (capability != null) {
      return crossing.read(new CapabilityRegisters(capability), offset, width);
    }
    synchronized (this) {
      return get(offset, width);
    }
  }

  /** As the driver's side writes it. */
  void write(int offset, int width, long value) {
    if (gone) {
      return;
    }
    Capability capability = handlers(offset);
    if (capability != null) {
      crossing.write(new CapabilityRegisters(capability), offset, width, value);
      return;
    }
    synchronized (this) {
      for (int i = 0; i < width && offset + i < CONVENTIONAL_SPACE; i++) {
        int at = offset + i;
        space[at] = (byte) (space[at] & ~writable[at] | value >>> 8 * i & writable[at]);
      }
      decode();
      int control = (int) get(msixAt + MSIX_CONTROL, 2);
      msix.control((control & MSIX_ENABLE) != 0, (control & MSIX_MASKED) != 0);
      drive();
    }
  }

  private synchronized Capability handlers(int offset) {
    for (Capability capability : capabilities) {
      if (capability.holds(offset)) {
        return capability;
      }
    }
    return null;
  }

  private void decode() {
    int command = (int) get(Pci.COMMAND, 2);
    master = (command & Pci.COMMAND_MASTER) != 0;
    List<Decoded> now = new ArrayList<>();
    for (int bar = 0; bar < Pci.BARS && (command & Pci.COMMAND_MEMORY) != 0; bar++) {
      Region region = regions[bar];
      if (region != null && region.size() > 0) {
        long address = get(Pci.BAR0 + 4 * bar, 4) & ~15L | (region.wide() ? get(Pci.BAR0 + 4 * bar + 4, 4) << 32 : 0);
        now.add(new Decoded(address, region.size(), region));
      }
    }
    decoded = gone ? List.of() : List.copyOf(now);
  }

  private void put(int offset, int width, long value) {
    for (int i = 0; i < width; i++) {
      space[offset + i] = (byte) (value >>> 8 * i);
    }
  }

  private void allow(int offset, int width, long bits) {
    for (int i = 0; i < width; i++) {
      writable[offset + i] = (byte) (bits >>> 8 * i);
    }
  }

  /** What lies behind the conventional space is 0: there are no extended capabilities. */
  private long get(int offset, int width) {
    long value = 0;
    for (int i = 0; i < width && offset + i < CONVENTIONAL_SPACE; i++) {
      value |= (space[offset + i] & 0xFFL) << 8 * i;
    }
    return value;
  }

  /** A config handler's capability, by offset in configuration space; on the host's thread. */
  private final class CapabilityRegisters implements Window {
    private final int at;
    private final Window registers;

    CapabilityRegisters(Capability capability) {
      this.at = capability.at;
      this.registers = capability.registers;
    }

    @Override
    public long size() {
      return CONVENTIONAL_SPACE;
    }

    @Override
    public long read(long offset, int width) {
      if (offset >= at + 4 && offset + width <= at + registers.size()) {
        return registers.read(offset - at, width);
      }
      long value = 0;
      for (int i = 0; i < width; i++) {
        long place = offset + i - at;
        long octet = place < 2 || place >= registers.size() ? ours((int) offset + i) : registers.read(place, 1);
        value |= (octet & 0xFF) << 8 * i;
      }
      return value;
    }

    private long ours(int offset) {
      synchronized (Function.this) {
        return get(offset, 1);
      }
    }

    @Override
    public void write(long offset, int width, long value) {
      if (offset >= at + 4 && offset + width <= at + registers.size()) {
        registers.write(offset - at, width, value);
      }
    }

    @Override
    public String toString() {
      return "the capability at " + at;
    }
  }
}
