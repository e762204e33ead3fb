package virtio.host.pci;

import java.util.Map;
import virtio.bus.AddressSpace;
import virtio.bus.Interrupt;
import virtio.bus.Machine;
import virtio.bus.Message;
import virtio.bus.Store;
import virtio.bus.Window;
import virtio.bus.machine.FirmwareWords;

/** The guest's end of the machine: what a transport has of it. Any thread. */
final class PciMachine implements Machine {
  private final Settings settings;
  private final MachineMemory memory;
  private final PciBus bus;
  private final InterruptLines interrupts;
  private final Store firmware = new FirmwareWords(AddressMap.FIRMWARE);

  PciMachine(Settings settings, MachineMemory memory, PciBus bus, InterruptLines interrupts) {
    this.settings = settings;
    this.memory = memory;
    this.bus = bus;
    this.interrupts = interrupts;
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public Map<String, Object> properties() {
    return Map.of("memory", settings.memory());
  }

  @Override
  public Window window(long physical, long size) {
    return bus.window(physical, size);
  }

  @Override
  public AddressSpace space(long unit) {
    if (unit != 0) {
      throw new IllegalArgumentException("unit=" + unit + "; allowed: 0");
    }
    return memory.guest();
  }

  @Override
  public Interrupt interrupt(long source) {
    return interrupts.source(source);
  }

  @Override
  public Message message() {
    return interrupts.message();
  }

  @Override
  public Store firmware() {
    return firmware;
  }
}
