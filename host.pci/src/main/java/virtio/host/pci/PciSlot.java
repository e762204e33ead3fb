package virtio.host.pci;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import virtio.bus.AddressSpace;
import virtio.bus.Channel;
import virtio.bus.DmaMemory;
import virtio.bus.PciFunction;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Store;
import virtio.bus.Window;
import virtio.bus.machine.Doorbells;
import virtio.bus.machine.MemoryWindow;
import virtio.bus.machine.SlotThread;
import virtio.bus.spec.NamedWindow;
import virtio.bus.spec.Pci;

/**
 * A device's place on the bus: a function, interrupts, and a thread. What is laid out is laid out before {@link #announce}.
 *
 * <p>Windows {@code "bar0"} and {@code "bar2"} to {@code "bar4"} are whole regions; any other name is a named window, in region 2, and a
 * place is one in region 4. A place's address is its offset there.
 */
final class PciSlot implements Slot, PciFunction {
  private static final Map<String, Integer> REGIONS = Map.of("bar0", 0, "bar2", 2, "bar3", 3, "bar4", 4);
  private static final int REGISTERS = 2;
  private static final int PLACES = 4;
  private static final long MOST_BYTES = 1L << 24;

  private final PciHost host;
  private final int number;
  private final SlotThread thread;
  private final Function function;
  private final Doorbells doorbells = new Doorbells();
  private final List<Registration> rung = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private boolean identified;
  private boolean announced;
  private boolean closed;
  private int vectors;
  private BytePorts channel;

  PciSlot(PciHost host, int number, SlotThread thread, Function function) {
    this.host = host;
    this.number = number;
    this.thread = thread;
    this.function = function;
  }

  @Override
  public String name() {
    return host.name() + "/0000:00:%02x.0".formatted(number);
  }

  @Override
  public AddressSpace memory() {
    return host.memory().host();
  }

  /** Made at the first call, and null where that comes after {@link #announce}, or after {@link #identity}. */
  @Override
  public synchronized Channel channel() {
    if (channel == null && !announced && !identified && !closed) {
      int vector = vector();
      BytePorts ports = new BytePorts(name(), thread, () -> function.msix().raise(vector));
      named(NamedWindow.CHANNEL, ports, REGISTERS, false, vector);
      channel = ports;
    }
    return channel;
  }

  @Override
  public synchronized void window(String name, Window registers) {
    requireLayingOut();
    Integer bar = REGIONS.get(name);
    if (bar == null) {
      named(name, registers, REGISTERS, true, NamedWindow.NO_VECTOR);
      return;
    }
    Region region = function.region(bar, 0);
    if (region == null || region.size() > 0) {
      throw new IllegalStateException("window=" + name + ": taken in slot " + name());
    }
    region.add(registers, true);
  }

  @Override
  public synchronized DmaMemory place(String name, long bytes) {
    requireLayingOut();
    if (bytes < 1 || bytes > MOST_BYTES) {
      return null;
    }
    MemorySegment segment = Arena.ofAuto().allocate(bytes, MachineMemory.PAGE);
    long offset = named(name, new MemoryWindow(segment, function::gone), PLACES, false, NamedWindow.NO_VECTOR);
    return new DmaMemory(segment, offset);
  }

  /** @return its offset in its region */
  private long named(String name, Window registers, int bar, boolean crosses, int vector) {
    if (names.contains(name)) {
      throw new IllegalStateException("window=" + name + ": given already");
    }
    Region region = function.region(bar, bar == PLACES ? Function.BAR_64 | Function.BAR_PREFETCHABLE : Function.BAR_64);
    if (region == null) {
      throw new IllegalStateException("window=" + name + ": region " + bar + " of slot " + name() + " is taken");
    }
    long offset = region.add(registers, crosses);
    NamedWindow capability = new NamedWindow(name, bar, offset, registers.size(), vector);
    if (function.capability(Pci.CAP_VENDOR, capability.bytes()) == 0) {
      throw new IllegalStateException("window=" + name + ": no room is left in configuration space of slot " + name());
    }
    names.add(name);
    return offset;
  }

  @Override
  public Store store() {
    return null;
  }

  @Override
  public synchronized Line line() {
    requireOpen();
    int vector = vector();
    return vector < 0 ? null : new Vector(vector);
  }

  private int vector() {
    return vectors < Msix.VECTORS ? vectors++ : -1;
  }

  @Override
  public synchronized Registration doorbell(long argument, Runnable handler) {
    requireOpen();
    Registration registration = doorbells.add(thread.bell(argument, handler));
    rung.add(registration);
    return registration;
  }

  @Override
  public PciFunction function() {
    return this;
  }

  @Override
  public synchronized void identity(int device, int subsystemVendor, int subsystem, int classCode) {
    requireLayingOut();
    if (!names.isEmpty()) {
      throw new IllegalStateException("slot=" + name() + ": it has named windows " + names + " already");
    }
    identified = true;
    function.identity(device, subsystemVendor, subsystem, classCode);
    function.wired();
  }

  @Override
  public synchronized void capability(int id, Window registers) {
    requireLayingOut();
    if (function.capability(id, registers) == 0) {
      throw new IllegalStateException("capability=0x" + Integer.toHexString(id) + ": no room is left in configuration space of slot " + name());
    }
  }

  @Override
  public boolean messages() {
    return function.msix().enabled();
  }

  @Override
  public void pin(boolean high) {
    function.pin(high);
  }

  @Override
  public Executor executor() {
    return thread;
  }

  @Override
  public synchronized void announce() {
    requireOpen();
    if (announced) {
      return;
    }
    if (!identified) {
      named(NamedWindow.DOORBELL, new DoorbellWindow(), REGISTERS, false, NamedWindow.NO_VECTOR);
    }
    announced = true;
    function.settle();
    host.announced(number, function);
  }

  @Override
  public void close() {
    List<Registration> bells;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      bells = List.copyOf(rung);
      if (channel != null) {
        channel.leave();
      }
    }
    function.leave();
    host.unplugged(this, number);
    bells.forEach(Registration::close);
    thread.close();
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("slot=" + name() + ": closed");
    }
  }

  private void requireLayingOut() {
    requireOpen();
    if (announced) {
      throw new IllegalStateException("slot=" + name() + ": announced; allowed before that");
    }
  }

  /** A vector of the function's. */
  private final class Vector implements Line {
    private final int vector;

    Vector(int vector) {
      this.vector = vector;
    }

    @Override
    public int place() {
      return vector;
    }

    @Override
    public void raise(int position) {
      function.msix().raise(vector);
    }
  }

  /** What is written here is the argument that rings. */
  private final class DoorbellWindow implements Window {
    @Override
    public long size() {
      return Long.BYTES;
    }

    @Override
    public long read(long offset, int width) {
      return 0;
    }

    @Override
    public void write(long offset, int width, long value) {
      doorbells.ring(value);
    }

    @Override
    public String toString() {
      return "the doorbell";
    }
  }
}
