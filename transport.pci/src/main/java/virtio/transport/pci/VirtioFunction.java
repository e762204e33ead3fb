package virtio.transport.pci;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import virtio.bus.AddressSpace;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.Interrupt;
import virtio.bus.Machine;
import virtio.bus.Registration;
import virtio.bus.Signal;
import virtio.bus.Store;
import virtio.bus.Window;
import virtio.bus.machine.Hold;
import virtio.bus.machine.LivingWindow;
import virtio.bus.spec.NamedWindow;
import virtio.bus.spec.Pci;

/**
 * A virtio function, one with {@linkplain NamedWindows named windows}, or a {@linkplain SerialChannel serial port}. Windows:
 * {@code "config"}, its configuration space, {@code "bar0"} to {@code "bar5"}, where a region begins in that register, and those that it
 * names. Store: what the machine's firmware says of it. Interrupts: its MSI-X vectors at their numbers, then, last, its pin (INTx), null
 * where it is not wired. MSI-X is on while a vector has a handler, and the pin is silent then; with no handler at all both are off. It
 * may write to memory while it is claimed, and not otherwise.
 */
final class VirtioFunction implements BusDevice, PciNode {
  private static final System.Logger LOG = System.getLogger("virtio.transport.pci");
  private static final String BAR = "bar";

  private final PciBus on;
  private final Machine machine;
  private final PciAddress address;
  private final Window config;
  private final String name;
  private final Map<String, Object> properties = new HashMap<>();
  private final Window[] regions = new Window[Pci.BARS];
  private final Hold hold;
  private final List<Bar> placed = new ArrayList<>();
  private List<Bar> bars;
  private int command = Pci.COMMAND_INTX_DISABLE;
  private List<Interrupt> interrupts = List.of();
  private NamedWindows named = NamedWindows.NONE;
  private Store words;
  private FunctionChannel channel;
  private boolean announced;
  private boolean told;
  private volatile boolean withdrawn;
  private volatile boolean gone;

  /** Switches it off, whatever it was before, and learns what regions it has. */
  VirtioFunction(PciBus on, PciAddress address, Window config) {
    this.on = on;
    this.machine = on.root().machine();
    this.address = address;
    this.config = new LivingWindow(config, () -> gone);
    this.name = machine.name() + "/" + address;
    this.hold = new Hold(name);
    config.write(Pci.COMMAND, 2, command);
    MsixTable.off(config);
    this.bars = Bar.sizes(config);
    properties.put("machine", machine.name());
    properties.put("vendor", (int) config.read(Pci.VENDOR_ID, 2));
    properties.put("device", (int) config.read(Pci.DEVICE_ID, 2));
    properties.put("subsystem", (int) config.read(Pci.SUBSYSTEM_ID, 2));
    properties.put("class", (int) config.read(Pci.REVISION_AND_CLASS, 4) >>> 8);
  }

  @Override
  public PciAddress address() {
    return address;
  }

  /** A function that was put in the place of another has its decoding switched off. */
  @Override
  public boolean remains() {
    return config.read(Pci.VENDOR_ID, 2) == (int) properties.get("vendor")
        && config.read(Pci.DEVICE_ID, 2) == (int) properties.get("device")
        && (config.read(Pci.COMMAND, 2) & (Pci.COMMAND_IO | Pci.COMMAND_MEMORY)) == decoding();
  }

  private int decoding() {
    return command & (Pci.COMMAND_IO | Pci.COMMAND_MEMORY);
  }

  @Override
  public Need need(Space space) {
    return Need.sum(bars.stream().filter(bar -> on.space(bar) == space).map(bar -> new Need(bar.size(), bar.size())).toList());
  }

  @Override
  public void place() {
    for (Bar bar : bars.stream().sorted((one, other) -> Long.compare(other.size(), one.size())).toList()) {
      long at = on.take(on.space(bar), new Need(bar.size(), bar.size()));
      if (at >= 0) {
        placed.add(bar.at(at));
      } else {
        // Ports are for legacy drivers, and many machines have none.
        LOG.log(bar.io() ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING,
            name + ": no room for " + bar.size() + " bytes of " + on.space(bar) + " (bar" + bar.index() + ")");
      }
    }
    // What has no address decodes address 0: so all of a kind are decoded, or none.
    int decoded = 0;
    decoded |= whole(true) ? Pci.COMMAND_IO : 0;
    decoded |= whole(false) ? Pci.COMMAND_MEMORY : 0;
    for (Bar bar : placed) {
      bar.program(config);
      if ((decoded & (bar.io() ? Pci.COMMAND_IO : Pci.COMMAND_MEMORY)) != 0) {
        Window region = bar.io() ? machine.ports(bar.address(), bar.size()) : machine.window(bar.address(), bar.size());
        regions[bar.index()] = region == null ? null : new LivingWindow(region, () -> gone);
      }
    }
    command(decoded, 0);
    wire();
  }

  private boolean whole(boolean io) {
    long wanted = bars.stream().filter(bar -> bar.io() == io).count();
    return wanted > 0 && wanted == placed.stream().filter(bar -> bar.io() == io).count();
  }

  private void wire() {
    MsixTable table = MsixTable.of(machine, config, regions);
    int vectors = table == null ? 0 : table.size();
    Interrupt[] places = new Interrupt[vectors + 1];
    for (int vector = 0; vector < vectors; vector++) {
      Interrupt source = table.vector(vector);
      places[vector] = handler -> hold.register(source, handler, () -> { });
    }
    int pin = (int) config.read(Pci.INTERRUPT_PIN, 1);
    Interrupt line = pin >= 1 && pin <= 4 ? on.lines().line(address.device(), pin) : null;
    places[vectors] = line == null ? null : handler -> registerPin(line, handler);
    interrupts = Collections.unmodifiableList(Arrays.asList(places));
    if (Pci.hasNamedWindows((int) properties.get("vendor"), (int) properties.get("device"))) {
      named = NamedWindows.of(config, regions);
      channel = PortsChannel.of(name, named, interrupts);
    } else if (Pci.isSerialPort(config)) {
      channel = SerialChannel.of(name, regions[0], places[vectors]);
    }
    words = FunctionWords.of(machine.firmware(), address);
    properties.put("msix", vectors);
    properties.put("intx", line != null);
  }

  private synchronized void command(int set, int clear) {
    command = command & ~clear | set;
    config.write(Pci.COMMAND, 2, command);
  }

  private Registration registerPin(Interrupt line, Runnable handler) {
    Registration registered = hold.register(line, handler, () -> command(Pci.COMMAND_INTX_DISABLE, 0));
    command(0, Pci.COMMAND_INTX_DISABLE);
    return registered;
  }

  /** Tells the watchers, once. */
  void announce() {
    if (!announced) {
      announced = true;
      on.root().appeared(this);
    }
  }

  /** Somebody wants it out, and waits: the watchers are told, and it works until it is let go. */
  void ask() {
    boolean first = !withdrawn;
    withdrawn = true;
    hold.end();
    if (announced && first) {
      on.root().leaving(this);
    }
  }

  /** It goes: the watchers are told, and its registers work until it is let go. */
  void withdraw() {
    withdrawn = true;
    hold.end();
    if (announced && !told) {
      told = true;
      on.root().disappeared(this);
    }
  }

  boolean withdrawn() {
    return withdrawn;
  }

  @Override
  public void leave() {
    gone = true;
    if (channel != null) {
      channel.leave();
    }
    withdraw();
    placed.forEach(bar -> on.give(on.space(bar), bar.address(), bar.size()));
    placed.clear();
    bars = List.of();
  }

  boolean claimed() {
    return hold.claimed();
  }

  /** Waits until nobody holds it, bounded. Any thread. */
  boolean awaitFree(long nanos) throws InterruptedException {
    return hold.awaitFree(nanos);
  }

  @Override
  public Registration claim() {
    Registration claim = hold.claim(this::letGo, on.root()::lookAgain);
    command(Pci.COMMAND_MASTER, 0);
    if (channel != null) {
      channel.reset();
    }
    return claim;
  }

  private void letGo() {
    if (channel != null) {
      channel.reset();
    }
    command(0, Pci.COMMAND_MASTER);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, Object> properties() {
    return Collections.unmodifiableMap(properties);
  }

  @Override
  public Window window(String window) {
    if (window.equals("config")) {
      return config;
    }
    if (window.length() != BAR.length() + 1 || !window.startsWith(BAR)) {
      return named.window(window);
    }
    int index = window.charAt(BAR.length()) - '0';
    return index >= 0 && index < regions.length ? regions[index] : null;
  }

  @Override
  public Store store() {
    return words;
  }

  @Override
  public List<Interrupt> interrupts() {
    return interrupts;
  }

  /** Without a window {@code "doorbell"} a register rings: the config handler knows which. */
  @Override
  public Signal doorbell(long argument) {
    Window doorbell = named.window(NamedWindow.DOORBELL);
    return doorbell == null ? null : doorbell.doorbell(0, Long.BYTES, argument);
  }

  @Override
  public AddressSpace memory() {
    return machine.space(0);
  }

  @Override
  public Channel channel() {
    return channel;
  }
}
