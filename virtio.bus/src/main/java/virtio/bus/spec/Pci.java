package virtio.bus.spec;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.Window;

/**
 * Configuration space of a PCI function, as far as virtio over PCI needs it; offsets are bytes, registers little-endian.
 *
 * <p>Sources: PCI Local Bus Specification 3.0, chapter 6; PCI Express Base Specification 3.0, chapter 7
 */
public final class Pci {
  public static final int VENDOR_ID = 0x00;
  public static final int DEVICE_ID = 0x02;
  public static final int COMMAND = 0x04;
  public static final int COMMAND_IO = 0x1;
  public static final int COMMAND_MEMORY = 0x2;
  public static final int COMMAND_MASTER = 0x4;
  public static final int COMMAND_INTX_DISABLE = 0x400;
  public static final int STATUS = 0x06;
  public static final int STATUS_CAPABILITIES = 0x10;
  /** Revision in the lowest byte, class code in the three above. */
  public static final int REVISION_AND_CLASS = 0x08;
  public static final int HEADER_TYPE = 0x0E;
  public static final int HEADER_MULTIFUNCTION = 0x80;
  public static final int BAR0 = 0x10;
  public static final int BARS = 6;
  public static final int SUBSYSTEM_VENDOR_ID = 0x2C;
  public static final int SUBSYSTEM_ID = 0x2E;
  public static final int CAPABILITIES = 0x34;
  public static final int INTERRUPT_PIN = 0x3D;

  public static final int CAP_VENDOR = 0x09;
  public static final int CAP_EXPRESS = 0x10;
  public static final int CAP_MSIX = 0x11;

  /** Simple communication controller, serial, 16550-compatible. */
  public static final int CLASS_SERIAL_16550 = 0x070002;

  /** What a register of a function that is not there reads, two bytes wide. */
  public static final int NOTHING = 0xFFFF;

  /** The vendor of every virtio function, whose device ids are 0x1000 to 0x107F. */
  public static final int VIRTIO_VENDOR = 0x1AF4;
  public static final int VIRTIO_FIRST = 0x1000;
  public static final int VIRTIO_LAST = 0x107F;
  /** A device id from here on is this and the virtio device id; one below is transitional. */
  public static final int VIRTIO_MODERN = 0x1040;

  private static final int FIRST_CAPABILITY = 0x40;
  private static final int CONVENTIONAL_SPACE = 0x100;

  private Pci() {}

  /**
   * Where the capabilities of that function lie, in their order. Trusts nothing: ends at a pointer into the header, and at one that was
   * met before.
   *
   * @param config its configuration space
   */
  public static List<Integer> capabilities(Window config) {
    List<Integer> found = new ArrayList<>();
    if (config.read(VENDOR_ID, 2) == NOTHING || (config.read(STATUS, 2) & STATUS_CAPABILITIES) == 0) {
      return found;
    }
    int at = (int) config.read(CAPABILITIES, 1) & 0xFC;
    while (at >= FIRST_CAPABILITY && at < CONVENTIONAL_SPACE && !found.contains(at)) {
      found.add(at);
      at = (int) config.read(at + 1, 1) & 0xFC;
    }
    return found;
  }

  /** Where the first capability of that kind lies, or 0. */
  public static int capability(Window config, int id) {
    return capabilities(config).stream().filter(at -> config.read(at, 1) == id).findFirst().orElse(0);
  }

  /** Whether these ids are those of a function that has {@linkplain NamedWindow named windows}. */
  public static boolean hasNamedWindows(int vendor, int device) {
    return vendor == VIRTIO_VENDOR && device == NamedWindow.DEVICE;
  }

  /** Whether that function is a serial port that is a 16550, by its class. */
  public static boolean isSerialPort(Window config) {
    return config.read(REVISION_AND_CLASS, 4) >>> 8 == CLASS_SERIAL_16550;
  }

  /** Whether these ids are those of a virtio function, transitional or modern. */
  public static boolean isVirtio(int vendor, int device) {
    return vendor == VIRTIO_VENDOR && device >= VIRTIO_FIRST && device <= VIRTIO_LAST;
  }
}
