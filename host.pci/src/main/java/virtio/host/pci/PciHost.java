package virtio.host.pci;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import virtio.bus.Host;
import virtio.bus.Machine;
import virtio.bus.Slot;
import virtio.bus.machine.SlotThread;

/** The host's end of a machine, which it owns: memory, bus and threads. Any thread. */
final class PciHost implements Host, AutoCloseable {
  private static final System.Logger LOG = System.getLogger("virtio.host.pci");
  private static final int LOOKS = 64;
  private static final long SLEEP_NANOS = 100_000_000L;

  private final Settings settings;
  private final MachineMemory memory;
  private final Crossing crossing;
  private final InterruptLines interrupts;
  private final PciBus bus;
  private final PciMachine machine;
  private final Set<PciSlot> slots = new LinkedHashSet<>();
  private boolean closed;

  private PciHost(Settings settings, MachineMemory memory) {
    this.settings = settings;
    this.memory = memory;
    this.crossing = new Crossing(settings.name(), TimeUnit.MILLISECONDS.toNanos(settings.deadlineMillis()));
    this.interrupts = new InterruptLines(settings.name(), memory);
    this.bus = new PciBus(memory, crossing);
    this.machine = new PciMachine(settings, memory, bus, interrupts);
  }

  /** @throws IOException when there is not that much memory */
  static PciHost start(Settings settings) throws IOException {
    return new PciHost(settings, MachineMemory.create(settings.memory()));
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public String transport() {
    return "pci";
  }

  @Override
  public synchronized Slot plug(String device, Map<String, Object> properties) {
    if (closed) {
      throw new IllegalStateException("host=" + name() + ": closed");
    }
    int number = bus.take();
    if (number < 0) {
      return null;
    }
    SlotThread thread = new SlotThread("pci-" + name() + "-" + device, LOOKS, SLEEP_NANOS, LOG);
    PciSlot slot = new PciSlot(this, number, thread, new Function(crossing, interrupts::send, high -> interrupts.level(number, high)));
    slots.add(slot);
    return slot;
  }

  /** The guest's end. */
  Machine machine() {
    return machine;
  }

  MachineMemory memory() {
    return memory;
  }

  /** A function is there. */
  void announced(int number, Function function) {
    bus.plug(number, function);
    interrupts.changed();
  }

  /** It is there no more. */
  void unplugged(PciSlot slot, int number) {
    bus.pull(number);
    synchronized (this) {
      slots.remove(slot);
    }
    interrupts.changed();
  }

  /** Unplugs what is left; whoever still has registers of the machine reads all ones. Returns when no thread of it runs any more. */
  @Override
  public void close() {
    List<PciSlot> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(slots);
    }
    left.forEach(PciSlot::close);
    bus.close();
    crossing.close();
    interrupts.close();
  }
}
