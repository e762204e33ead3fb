package virtio.transport.pci;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import virtio.bus.Interrupt;
import virtio.bus.Window;
import virtio.bus.spec.Pci;

/** One bus: what was found there last, and the addresses that are left for more. On the transport's thread. */
final class PciBus {
  private static final int DEVICES = 32;
  private static final int FUNCTIONS = 8;

  private final PciRoot root;
  private final boolean link;
  private final boolean prefetches;
  private final Lines lines;
  private final Map<Space, AddressPool> pools = new EnumMap<>(Space.class);
  private final Map<Integer, PciNode> nodes = new TreeMap<>();
  private final List<PciNode> unplaced = new ArrayList<>();
  private int number;
  /** The numbers of the buses behind are settled: there are none for more. */
  private boolean counted;

  /** Where the pins of a bus's devices end. */
  interface Lines {
    /**
     * @param pin 1 to 4, INTA to INTD
     * @return null where it is not wired
     */
    Interrupt line(int device, int pin);
  }

  /**
   * @param link a PCI Express link, which has device 0 only
   * @param prefetches prefetchable memory of its own reaches it
   */
  PciBus(PciRoot root, boolean link, boolean prefetches, Lines lines) {
    this.root = root;
    this.link = link;
    this.prefetches = prefetches;
    this.lines = lines;
  }

  PciRoot root() {
    return root;
  }

  /** 0 for the first bus, and for one that has none yet. */
  int number() {
    return number;
  }

  void number(int given) {
    number = given;
  }

  boolean prefetches() {
    return prefetches;
  }

  Lines lines() {
    return lines;
  }

  /** A number for the bus behind a bridge that was found here; 0 where there is none left. */
  int nextBus() {
    return counted ? 0 : root.nextBus();
  }

  /** All bridges here have their numbers. True the first time. */
  boolean closeNumbers() {
    boolean first = !counted;
    counted = true;
    return first;
  }

  boolean isEmpty() {
    return nodes.isEmpty();
  }

  /** Gives the bus addresses to hand out. */
  void open(Space space, long base, long size) {
    pools.put(space, new AddressPool(base, size));
  }

  /** Which space a region lies in here. */
  Space space(Bar bar) {
    return bar.io() ? Space.IO : prefetches && bar.wide() && bar.prefetchable() ? Space.PREFETCHABLE : Space.MEMORY;
  }

  /** -1 where there is no room. */
  long take(Space space, Need need) {
    AddressPool pool = pools.get(space);
    return pool == null ? -1 : pool.take(need.size(), need.alignment());
  }

  void give(Space space, long address, long size) {
    pools.get(space).give(address, size);
  }

  /** Looks at every place of this bus and of those behind it: drops what has gone, takes in what has come, without a place yet. */
  void discover() {
    for (int device = 0; device < (link ? 1 : DEVICES); device++) {
      int functions = 1;
      for (int function = 0; function < functions; function++) {
        PciAddress address = new PciAddress(number, device, function);
        Window config = root.access().space(address);
        boolean there = look(address, config);
        if (function == 0 && there && (config.read(Pci.HEADER_TYPE, 1) & Pci.HEADER_MULTIFUNCTION) != 0) {
          functions = FUNCTIONS;
        }
      }
      dropAbove(device, functions);
    }
    bridges().forEach(PciBridge::discover);
  }

  private boolean look(PciAddress address, Window config) {
    PciNode known = nodes.get(address.routing());
    if (known != null && !known.remains()) {
      drop(known);
      known = null;
    }
    if (known == null) {
      long ids = config.read(Pci.VENDOR_ID, 4);
      int vendor = (int) ids & 0xFFFF;
      if (vendor == Pci.NOTHING || vendor == 0) {
        return false;
      }
      PciNode node = arrived(address, config, ids);
      nodes.put(address.routing(), node);
      unplaced.add(node);
    }
    return true;
  }

  private PciNode arrived(PciAddress address, Window config, long ids) {
    int vendor = (int) ids & 0xFFFF;
    int device = (int) (ids >>> 16);
    if (Pci.isVirtio(vendor, device) || Pci.hasNamedWindows(vendor, device) || Pci.isSerialPort(config)) {
      return new VirtioFunction(this, address, config);
    }
    if ((config.read(Pci.HEADER_TYPE, 1) & ~Pci.HEADER_MULTIFUNCTION) == PciBridge.HEADER) {
      return new PciBridge(this, address, config, ids);
    }
    return new OtherFunction(address, config, ids);
  }

  /** A device that was pulled whole leaves functions behind that nobody looks at any more. */
  private void dropAbove(int device, int functions) {
    nodes.values().stream().filter(node -> node.address().device() == device && node.address().function() >= functions).toList()
        .forEach(this::drop);
  }

  private void drop(PciNode node) {
    nodes.remove(node.address().routing());
    unplaced.remove(node);
    node.leave();
  }

  /** Gives addresses to what has come, here and on the buses behind; what needs the largest alignment first, so that no gap is left. */
  void place() {
    unplaced.sort(Comparator.comparingLong(PciBus::coarsest).reversed());
    List<PciNode> fresh = List.copyOf(unplaced);
    unplaced.clear();
    fresh.forEach(PciNode::place);
    bridges().stream().filter(bridge -> !fresh.contains(bridge)).forEach(bridge -> bridge.below().place());
  }

  private static long coarsest(PciNode node) {
    return Math.max(node.need(Space.MEMORY).alignment(), node.need(Space.PREFETCHABLE).alignment());
  }

  /** Room for all that lies here. */
  Need need(Space space) {
    return Need.sum(nodes.values().stream().map(node -> node.need(space)).toList());
  }

  /** All that lies here has gone: the machine, or the bridge. */
  void leave() {
    List.copyOf(nodes.values()).forEach(this::drop);
  }

  /** Virtio functions here and behind. */
  List<VirtioFunction> functions() {
    List<VirtioFunction> functions = new ArrayList<>();
    for (PciNode node : nodes.values()) {
      if (node instanceof VirtioFunction function) {
        functions.add(function);
      } else if (node instanceof PciBridge bridge) {
        functions.addAll(bridge.below().functions());
      }
    }
    return functions;
  }

  private List<PciBridge> bridges() {
    return nodes.values().stream().filter(PciBridge.class::isInstance).map(PciBridge.class::cast).toList();
  }
}
