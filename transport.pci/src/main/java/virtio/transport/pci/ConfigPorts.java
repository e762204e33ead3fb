package virtio.transport.pci;

import virtio.bus.Window;

/**
 * Configuration by two I/O ports: an address at the first, its data at the second. 256 bytes a function.
 *
 * <p>Source: PCI Local Bus Specification 3.0, "Software Generation of Configuration Transactions"
 */
final class ConfigPorts implements ConfigAccess {
  static final int PORTS = 8;

  private static final int DATA = 4;
  private static final long ENABLE = 0x8000_0000L;
  private static final int SPACE = 256;
  private static final int BUSES = 256;

  private final Window ports;

  /** @param ports both of them: 8 bytes */
  ConfigPorts(Window ports) {
    this.ports = ports;
  }

  @Override
  public int buses() {
    return BUSES;
  }

  @Override
  public Window space(PciAddress function) {
    return new Space(function.routing());
  }

  /** Address and data belong together: nobody comes between. */
  private long read(int routing, long offset, int width) {
    synchronized (ports) {
      select(routing, offset);
      return ports.read(DATA + (offset & 3), width);
    }
  }

  private void write(int routing, long offset, int width, long value) {
    synchronized (ports) {
      select(routing, offset);
      ports.write(DATA + (offset & 3), width, value);
    }
  }

  private void select(int routing, long offset) {
    ports.write(0, 4, ENABLE | (long) routing << 8 | offset & 0xFC);
  }

  private final class Space implements Window {
    private final int routing;

    Space(int routing) {
      this.routing = routing;
    }

    @Override
    public long size() {
      return SPACE;
    }

    @Override
    public long read(long offset, int width) {
      Access.check(this, offset, width);
      return ConfigPorts.this.read(routing, offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      Access.check(this, offset, width);
      ConfigPorts.this.write(routing, offset, width, value);
    }
  }
}
