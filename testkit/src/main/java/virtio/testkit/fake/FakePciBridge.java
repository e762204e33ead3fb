package virtio.testkit.fake;

import virtio.bus.spec.Pci;

/** A bridge to one more bus: passes on what its numbers and windows say, and nothing else. */
public final class FakePciBridge extends FakePciFunction {
  private static final int SECONDARY = 0x19;
  private static final int SUBORDINATE = 0x1A;
  private static final int SLOT_CAPABILITIES = 0x14;
  private static final int SLOT_CONTROL = 0x18;
  private static final int SLOT_STATUS = 0x1A;
  private static final int POWER_OFF = 0x400;
  private static final int EVENTS = 0x11F;

  private final FakePciBus below = new FakePciBus();
  private int express;

  public FakePciBridge() {
    super(0x1B36, 0x0001);
    put(Pci.HEADER_TYPE, 1, 1);
    writable(0x18, 4, 0xFFFFFF);
    writable(0x1C, 2, 0xF0F0);
    writable(0x20, 4, 0xFFF0FFF0L);
    put(0x24, 2, 1);
    put(0x26, 2, 1);
    writable(0x24, 4, 0xFFF0FFF0L);
    writable(0x28, 4, 0xFFFF_FFFFL);
    writable(0x2C, 4, 0xFFFF_FFFFL);
    writable(0x30, 4, 0xFFFF_FFFFL);
    put(Pci.INTERRUPT_PIN, 1, 0);
  }

  /** A PCI Express root port with a slot whose power is on. */
  public FakePciBridge port() {
    byte[] body = new byte[0x1C - 2];
    body[0] = 0x42;   // version 2, root port
    body[1] = 0x01;   // slot implemented
    body[SLOT_CAPABILITIES - 2] = 0x53;   // button, power, indicator, hot-plug capable
    express = capability(Pci.CAP_EXPRESS, body);
    writable(express + SLOT_CONTROL, 2, 0x1FFF);
    return this;
  }

  public FakePciBus below() {
    return below;
  }

  int secondary() {
    return (int) peek(SECONDARY, 1);
  }

  boolean leadsTo(int bus) {
    return secondary() != 0 && bus >= secondary() && bus <= peek(SUBORDINATE, 1) && !pulled() && powered();
  }

  /** Somebody presses the slot's button; {@code present} says whether a device is in it. */
  public void press(boolean present) {
    put(express + SLOT_STATUS, 2, 0x9 | (present ? 0x40 : 0));
  }

  /** Cuts or gives the slot's power, as an empty slot has none. */
  public void power(boolean on) {
    put(express + SLOT_CONTROL, 2, on ? 0x100 : 0x700);
  }

  /** Whether what is in the slot has power. */
  public boolean powered() {
    return express == 0 || (peek(express + SLOT_CONTROL, 2) & POWER_OFF) == 0;
  }

  @Override
  public void configWrite(int offset, int width, long value) {
    if (express != 0 && offset == express + SLOT_STATUS) {
      put(offset, 2, peek(offset, 2) & ~(value & EVENTS));   // written ones clear
      return;
    }
    super.configWrite(offset, width, value);
  }

  @Override
  Place decode(boolean io, long address) {
    int bit = io ? Pci.COMMAND_IO : Pci.COMMAND_MEMORY;
    boolean passes = (peek(Pci.COMMAND, 2) & bit) != 0 && powered()
        && (io ? inPorts(address) : inMemory(address) || inPrefetchable(address));
    return passes ? below.decode(io, address) : null;
  }

  private boolean inPorts(long address) {
    return address >= (peek(0x1C, 1) & 0xF0) << 8 && address <= ((peek(0x1D, 1) & 0xF0) << 8 | 0xFFF);
  }

  private boolean inMemory(long address) {
    return address >= (peek(0x20, 2) & 0xFFF0) << 16 && address <= ((peek(0x22, 2) & 0xFFF0) << 16 | 0xF_FFFF);
  }

  private boolean inPrefetchable(long address) {
    long base = peek(0x28, 4) << 32 | (peek(0x24, 2) & 0xFFF0) << 16;
    long limit = peek(0x2C, 4) << 32 | (peek(0x26, 2) & 0xFFF0) << 16 | 0xF_FFFF;
    return address >= base && address <= limit;
  }
}
