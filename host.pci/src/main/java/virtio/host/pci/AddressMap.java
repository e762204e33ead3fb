package virtio.host.pci;

import java.util.Map;

/** Where what is, in physical addresses; and how firmware would say it. */
final class AddressMap {
  /** Where memory begins. */
  static final long MEMORY = 0x4000_0000L;
  /** Configuration space of the one bus. */
  static final long CONFIG = 0xE000_0000L;
  static final long CONFIG_BYTES = 1 << 20;
  /** Interrupt sources: the four pins of device 0 are the first. */
  static final int PINS = 4;
  /** Functions have come or gone. */
  static final int CHANGED = 4;

  static final Map<String, String> FIRMWARE = Map.of(
      "pci/0/config", "ecam:0xe0000000:1",
      "pci/0/memory", "0xd0000000:0x10000000",
      "pci/0/memory64", "0x8000000000:0x1000000000",
      "pci/0/intx", "0,1,2,3",
      "pci/0/changed", "4");

  private AddressMap() {}
}
