package virtio.config.pci;

import virtio.bus.Window;
import virtio.bus.registers.DeviceRegisters;

/**
 * A capability as the device shows it: {@code struct virtio_pci_cap} and what follows it. Read-only.
 *
 * <p>Spec: virtio 1.4, "Virtio Structure PCI Capabilities"
 */
class HostedCapability implements Window {
  private final byte[] bytes;

  /** @param extra what follows the structure, bytes */
  HostedCapability(int type, int bar, long offset, long length, byte... extra) {
    bytes = new byte[VirtioPciCap.EXTRA + extra.length];
    bytes[VirtioPciCap.CAP_LEN] = (byte) bytes.length;
    bytes[VirtioPciCap.CFG_TYPE] = (byte) type;
    put(VirtioPciCap.BAR, 1, bar);
    put(VirtioPciCap.OFFSET, 4, offset);
    put(VirtioPciCap.LENGTH, 4, length);
    System.arraycopy(extra, 0, bytes, VirtioPciCap.EXTRA, extra.length);
  }

  @Override
  public final long size() {
    return bytes.length;
  }

  final long get(int at, int width) {
    long value = 0;
    for (int i = 0; i < width; i++) {
      value |= (bytes[at + i] & 0xFFL) << 8 * i;
    }
    return value;
  }

  final void put(int at, int width, long value) {
    for (int i = 0; i < width; i++) {
      bytes[at + i] = (byte) (value >>> 8 * i);
    }
  }

  @Override
  public synchronized long read(long offset, int width) {
    return offset < 0 || offset > bytes.length - width ? 0 : get((int) offset, width);
  }

  @Override
  public void write(long offset, int width, long value) {
    // The device's, not the driver's.
  }

  /**
   * The way to a region through configuration space: what the driver writes into the capability says where its data go to and come from.
   *
   * <p>Spec: virtio 1.4, "PCI configuration access capability"
   */
  static final class Access extends HostedCapability {
    private final Window region;
    private final int number;
    private final DeviceRegisters registers;

    /** @param number of the only region that it leads to */
    Access(Window region, int number, DeviceRegisters registers) {
      super(VirtioPciCap.PCI_CFG, 0, 0, 0, new byte[4]);
      this.region = region;
      this.number = number;
      this.registers = registers;
    }

    @Override
    public synchronized long read(long offset, int width) {
      if (offset != VirtioPciCap.EXTRA) {
        return super.read(offset, width);
      }
      int length = selected();
      return length == 0 ? ones(width) : region.read(get(VirtioPciCap.OFFSET, 4), length) & ones(width);
    }

    @Override
    public synchronized void write(long offset, int width, long value) {
      if (offset == VirtioPciCap.EXTRA) {
        int length = selected();
        if (length != 0) {
          region.write(get(VirtioPciCap.OFFSET, 4), length, value & ones(length));
        }
      } else if (offset == VirtioPciCap.BAR && width == 1 || (offset == VirtioPciCap.OFFSET || offset == VirtioPciCap.LENGTH) && width == 4) {
        put((int) offset, width, value);
      } else {
        registers.refuse("configuration access capability written with " + width + " bytes at " + offset);
      }
    }

    /** How wide the access is to be; 0 for one that is none. */
    private int selected() {
      long length = get(VirtioPciCap.LENGTH, 4);
      long offset = get(VirtioPciCap.OFFSET, 4);
      if ((length == 1 || length == 2 || length == 4) && get(VirtioPciCap.BAR, 1) == number && offset % length == 0
          && offset <= region.size() - length) {
        return (int) length;
      }
      registers.refuse("configuration access of " + length + " bytes at 0x" + Long.toHexString(offset) + " of region "
          + get(VirtioPciCap.BAR, 1));
      return 0;
    }

    private static long ones(int width) {
      return -1L >>> 64 - 8 * width;
    }
  }
}
