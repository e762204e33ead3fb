package virtio.transport.pci;

import virtio.bus.Machine;
import virtio.bus.Window;

/**
 * Configuration by memory: 4096 bytes a function, one megabyte a bus.
 *
 * <p>Source: PCI Express Base Specification 3.0, "PCI Express Enhanced Configuration Access Mechanism"
 */
final class Ecam implements ConfigAccess {
  private static final int SPACE = 4096;
  private static final int FUNCTION_SHIFT = 12;

  private final Machine machine;
  private final long base;
  private final int buses;

  /** @param base where the space of 00:00.0 begins */
  Ecam(Machine machine, long base, int buses) {
    this.machine = machine;
    this.base = base;
    this.buses = buses;
  }

  @Override
  public int buses() {
    return buses;
  }

  @Override
  public Window space(PciAddress function) {
    return new Space(machine.window(base + ((long) function.routing() << FUNCTION_SHIFT), SPACE));
  }

  private record Space(Window memory) implements Window {
    @Override
    public long size() {
      return SPACE;
    }

    @Override
    public long read(long offset, int width) {
      Access.check(this, offset, width);
      return memory.read(offset, width);
    }

    @Override
    public void write(long offset, int width, long value) {
      Access.check(this, offset, width);
      memory.write(offset, width, value);
    }
  }
}
