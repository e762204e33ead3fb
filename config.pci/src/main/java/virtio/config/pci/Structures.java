package virtio.config.pci;

import java.util.List;
import virtio.bus.BusDevice;
import virtio.bus.Window;
import virtio.bus.spec.Pci;

/**
 * The structures of a device, each by the first capability of its type that can be used.
 *
 * <p>Spec: virtio 1.4, "Virtio Structure PCI Capabilities"
 *
 * @param common never null
 * @param doorbells the notification structure, never null
 * @param multiplier {@code notify_off_multiplier}, bytes
 * @param isr never null
 * @param device null for a device type without fields
 */
record Structures(Window common, Window doorbells, long multiplier, Window isr, Window device) {
  private static final int MULTIPLIER_BYTES = 4;
  private static final int DATA_BYTES = 4;
  private static final int NOTIFY_LEAST = 2;
  /** Structures are known to end before, and who has more keeps it for later. */
  private static final long MOST = 0x1_0000;

  /** @throws IllegalStateException naming what was not found, or "legacy" */
  static Structures of(BusDevice bus) {
    Window config = bus.window(PciConfig.CONFIG);
    List<VirtioPciCap> capabilities = VirtioPciCap.of(config);
    if (capabilities.stream().noneMatch(capability -> capability.type() == VirtioPciCap.COMMON_CFG)) {
      throw new IllegalStateException(bus.name() + (config.read(Pci.VENDOR_ID, 2) == Pci.NOTHING ? ": gone: it reads all ones"
          : ": legacy device: it has no capability for a common configuration"));
    }
    ConfigurationAccess access = capabilities.stream()
        .filter(capability -> capability.type() == VirtioPciCap.PCI_CFG && capability.hasExtra(DATA_BYTES)).findFirst()
        .map(capability -> new ConfigurationAccess(config, capability.at())).orElse(null);
    Finder finder = new Finder(bus, capabilities, access);
    VirtioPciCap notify = finder.capability(VirtioPciCap.NOTIFY_CFG, NOTIFY_LEAST, 2);
    return new Structures(finder.need("common configuration", VirtioPciCap.COMMON_CFG, CommonCfg.QUEUE_NOTIF_CONFIG_DATA, 4),
        finder.need("notification", VirtioPciCap.NOTIFY_CFG, NOTIFY_LEAST, 2), config.read(notify.at() + VirtioPciCap.EXTRA, 4),
        finder.need("ISR status", VirtioPciCap.ISR_CFG, 1, 1), finder.find(VirtioPciCap.DEVICE_CFG, 1, 4));
  }

  /** Chooses among the capabilities of one device: a region that has an address before one that configuration space must show. */
  private record Finder(BusDevice bus, List<VirtioPciCap> capabilities, ConfigurationAccess access) {
    Window need(String what, int type, long least, int alignment) {
      Window found = find(type, least, alignment);
      if (found == null) {
        throw new IllegalStateException(bus.name() + ": no usable " + what + " structure among its capabilities");
      }
      return found;
    }

    Window find(int type, long least, int alignment) {
      VirtioPciCap capability = capability(type, least, alignment);
      return capability == null ? null : region(capability);
    }

    /** Null where none can be used. */
    VirtioPciCap capability(int type, long least, int alignment) {
      List<VirtioPciCap> sane = capabilities.stream().filter(one -> one.type() == type && one.bar() < Pci.BARS && one.length() >= least
          && one.offset() % alignment == 0 && (type != VirtioPciCap.NOTIFY_CFG || one.hasExtra(MULTIPLIER_BYTES))).toList();
      return sane.stream().filter(this::reachable).findFirst().orElse(access == null || sane.isEmpty() ? null : sane.getFirst());
    }

    private boolean reachable(VirtioPciCap capability) {
      Window region = bus.window("bar" + capability.bar());
      return region != null && capability.length() <= region.size() - capability.offset();
    }

    private Window region(VirtioPciCap capability) {
      // A doorbell page for each of many queues is long, and all of it counts.
      long length = capability.type() == VirtioPciCap.NOTIFY_CFG ? capability.length() : Math.min(capability.length(), MOST);
      Window region = reachable(capability) ? bus.window("bar" + capability.bar())
          : access.region(capability.bar(), capability.offset() + length);
      return region.part(capability.offset(), length);
    }
  }
}
