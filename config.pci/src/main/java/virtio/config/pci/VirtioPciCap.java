package virtio.config.pci;

import java.util.List;
import virtio.bus.Window;
import virtio.bus.spec.Pci;

/**
 * {@code struct virtio_pci_cap}, read from configuration space.
 *
 * <p>Spec: virtio 1.4, "Virtio Structure PCI Capabilities"
 *
 * @param at where it lies in configuration space
 * @param capLen its own length, bytes
 * @param type {@code cfg_type}
 * @param bar 0 to 5; other values are reserved
 * @param offset of the structure in that region, bytes
 * @param length of the structure, bytes; may be more than is known
 */
record VirtioPciCap(int at, int capLen, int type, int bar, long offset, long length) {
  static final int COMMON_CFG = 1;
  static final int NOTIFY_CFG = 2;
  static final int ISR_CFG = 3;
  static final int DEVICE_CFG = 4;
  static final int PCI_CFG = 5;

  /** Where the fields lie in a capability. */
  static final int CAP_LEN = 2;
  static final int CFG_TYPE = 3;
  static final int BAR = 4;
  static final int OFFSET = 8;
  static final int LENGTH = 12;
  /** The first byte after the structure: {@code notify_off_multiplier}, {@code pci_cfg_data}. */
  static final int EXTRA = 16;

  private static final int SHORTEST = 4;
  private static final int SPACE = 0x100;

  /** All of that function, in its order of preference; shared memory, vendor data and what is reserved are among them. */
  static List<VirtioPciCap> of(Window config) {
    return Pci.capabilities(config).stream().filter(at -> config.read(at, 1) == Pci.CAP_VENDOR).map(at -> read(config, at)).toList();
  }

  private static VirtioPciCap read(Window config, int at) {
    int length = (int) config.read(at + CAP_LEN, 1);
    int type = (int) config.read(at + CFG_TYPE, 1);
    if (length < EXTRA || at + EXTRA > SPACE) {
      return new VirtioPciCap(at, Math.max(length, SHORTEST), type, Pci.BARS, 0, 0);   // vendor data, or nothing known
    }
    return new VirtioPciCap(at, length, type, (int) config.read(at + BAR, 1), config.read(at + OFFSET, 4), config.read(at + LENGTH, 4));
  }

  /** Whether it has that many bytes after the structure's own. */
  boolean hasExtra(int bytes) {
    return capLen >= EXTRA + bytes && at + EXTRA + bytes <= SPACE;
  }
}
