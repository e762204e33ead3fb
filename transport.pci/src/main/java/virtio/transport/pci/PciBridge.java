package virtio.transport.pci;

import java.util.EnumMap;
import java.util.Map;
import virtio.bus.Window;
import virtio.bus.spec.Pci;

/**
 * A bridge, or a PCI Express port, and the bus behind it. On the transport's thread.
 *
 * <p>Source: PCI-to-PCI Bridge Architecture Specification 1.2, "Bridge Registers" and "Interrupt Binding"
 */
final class PciBridge implements PciNode {
  /** The header type of a bridge. */
  static final int HEADER = 1;

  private static final System.Logger LOG = System.getLogger("virtio.transport.pci");
  private static final int PRIMARY_BUS = 0x18;
  private static final int SECONDARY_BUS = 0x19;
  private static final int SUBORDINATE_BUS = 0x1A;
  private static final int IO_BASE = 0x1C;
  private static final int IO_LIMIT = 0x1D;
  private static final int IO_UPPER = 0x30;
  private static final int MEMORY_BASE = 0x20;
  private static final int PREFETCHABLE_BASE = 0x24;
  private static final int PREFETCHABLE_UPPER_BASE = 0x28;
  private static final int PREFETCHABLE_UPPER_LIMIT = 0x2C;
  /** In the low bits of a prefetchable base: its upper half exists. */
  private static final int WIDE = 1;
  private static final int EXPRESS_TYPE = 2;
  private static final int ROOT_PORT = 4;
  private static final int DOWNSTREAM_PORT = 6;
  private static final long CLOSED = 0x0000_FFF0L;
  /** Kept for what may be plugged in later, bytes. */
  private static final long SPARE_MEMORY = 0x20_0000;
  private static final int PINS = 4;
  /** Who has a device that is to be taken out may drain and flush it for so long. */
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private final PciBus on;
  private final PciAddress address;
  private final Window config;
  private final long ids;
  private final HotPlugSlot slot;
  private final PciBus below;
  private final Map<Space, Placed> windows = new EnumMap<>(Space.class);
  private boolean numbered;
  private boolean ejecting;
  /** When who has a device that is to be taken out has had time enough. */
  private long patience;

  /** A window that was opened. */
  private record Placed(long address, long size) {}

  /** The bus behind it has no number, and is empty, until {@link #discover}: numbers go from the first leaf to the last. */
  PciBridge(PciBus on, PciAddress address, Window config, long ids) {
    this.on = on;
    this.address = address;
    this.config = config;
    this.ids = ids;
    config.write(Pci.COMMAND, 2, 0);
    int express = Pci.capability(config, Pci.CAP_EXPRESS);
    int type = express == 0 ? 0 : (int) config.read(express + EXPRESS_TYPE, 1) >>> 4;
    boolean link = type == ROOT_PORT || type == DOWNSTREAM_PORT;
    this.slot = HotPlugSlot.of(config, express);
    boolean wide = (config.read(PREFETCHABLE_BASE, 2) & 0xF) == WIDE;
    this.below = new PciBus(on.root(), link, on.prefetches() && wide,
        (device, pin) -> on.lines().line(address.device(), (pin - 1 + device) % PINS + 1));
    for (Space space : Space.values()) {
      close(space);
    }
  }

  /** While the buses behind are being counted, everything above the number goes this way; afterwards, what was counted. */
  private void number(int secondary) {
    numbered = true;
    if (secondary == 0) {
      LOG.log(System.Logger.Level.WARNING, on.root().machine().name() + "/" + address
          + ": no bus number is left for what lies behind this bridge");
      return;
    }
    below.number(secondary);
    config.write(PRIMARY_BUS, 1, on.number());
    config.write(SECONDARY_BUS, 1, secondary);
    config.write(SUBORDINATE_BUS, 1, on.root().access().buses() - 1L);
  }

  @Override
  public PciAddress address() {
    return address;
  }

  PciBus below() {
    return below;
  }

  @Override
  public boolean remains() {
    return config.read(Pci.VENDOR_ID, 4) == ids && config.read(SECONDARY_BUS, 1) == below.number();
  }

  /** Serves the slot, then looks behind. */
  void discover() {
    if (!numbered) {
      number(on.nextBus());
    }
    if (below.number() == 0) {
      return;
    }
    if (slot != null) {
      serveSlot();
    }
    if (!ejecting) {
      below.discover();
      if (below.closeNumbers()) {
        config.write(SUBORDINATE_BUS, 1, on.root().lastBus());
      }
    }
  }

  private void serveSlot() {
    switch (slot.look()) {
      case PLUGGED -> slot.powerOn();
      case BUTTON -> {
        if (!below.isEmpty() && !ejecting) {
          ejecting = true;
          patience = System.nanoTime() + PATIENCE_NANOS;
          below.functions().forEach(VirtioFunction::ask);
        }
      }
      case NONE -> { }
    }
    if (ejecting && System.nanoTime() - patience > 0) {
      below.functions().forEach(VirtioFunction::withdraw);
    }
    if (ejecting && below.functions().stream().noneMatch(VirtioFunction::claimed)) {
      slot.powerOff();
      ejecting = false;
    }
  }

  @Override
  public Need need(Space space) {
    Need need = below.need(space);
    if (space == Space.PREFETCHABLE && !below.prefetches()) {
      return Need.NONE;
    }
    long spare = slot == null ? 0 : space == Space.IO ? space.granule() : SPARE_MEMORY;
    return need.size() == 0 && spare == 0 ? Need.NONE : need.atLeast(spare, space.granule());
  }

  @Override
  public void place() {
    for (Space space : Space.values()) {
      Need need = need(space);
      long at = need.size() == 0 ? -1 : on.take(space, need);
      if (at >= 0) {
        windows.put(space, new Placed(at, need.size()));
        open(space, at, at + need.size() - 1);
        below.open(space, at, need.size());
      } else if (below.need(space).size() > 0) {
        LOG.log(System.Logger.Level.WARNING, on.root().machine().name() + "/" + address
            + ": no room for " + need.size() + " bytes of " + space);
      }
    }
    config.write(Pci.COMMAND, 2, Pci.COMMAND_IO | Pci.COMMAND_MEMORY | Pci.COMMAND_MASTER);
    below.place();
  }

  private void open(Space space, long base, long limit) {
    switch (space) {
      case IO -> {
        config.write(IO_BASE, 1, base >>> 8 & 0xF0);
        config.write(IO_LIMIT, 1, limit >>> 8 & 0xF0);
        config.write(IO_UPPER, 4, base >>> 16 & 0xFFFF | limit & 0xFFFF_0000L);
      }
      case MEMORY -> config.write(MEMORY_BASE, 4, base >>> 16 & 0xFFF0 | limit & 0xFFF0_0000L);
      case PREFETCHABLE -> {
        config.write(PREFETCHABLE_UPPER_BASE, 4, base >>> 32);
        config.write(PREFETCHABLE_UPPER_LIMIT, 4, limit >>> 32);
        config.write(PREFETCHABLE_BASE, 4, base >>> 16 & 0xFFF0 | limit & 0xFFF0_0000L);
      }
    }
  }

  /** A base above the limit passes nothing on. */
  private void close(Space space) {
    switch (space) {
      case IO -> {
        config.write(IO_BASE, 1, 0xF0);
        config.write(IO_LIMIT, 1, 0);
        config.write(IO_UPPER, 4, 0);
      }
      case MEMORY -> config.write(MEMORY_BASE, 4, CLOSED);
      case PREFETCHABLE -> {
        config.write(PREFETCHABLE_UPPER_BASE, 4, 0);
        config.write(PREFETCHABLE_UPPER_LIMIT, 4, 0);
        config.write(PREFETCHABLE_BASE, 4, CLOSED);
      }
    }
  }

  @Override
  public void leave() {
    below.leave();
    windows.forEach((space, window) -> on.give(space, window.address(), window.size()));
    windows.clear();
  }
}
