package virtio.bus.spec;

import java.nio.charset.StandardCharsets;
import virtio.bus.Window;

/**
 * A vendor-specific capability of our own: where a function of the device id {@link #DEVICE} has a window of that name. Such a function is
 * what a host plugs in for config handlers that are no PCI specification's: a stream of TLVs, a block of registers, two byte ports.
 *
 * <pre>
 *       3               2               1               0
 * +---------------+---------------+---------------+---------------+
 * |  kind 0x4E    |  length 24    |     next      |    id 0x09    |  0
 * +---------------+---------------+---------------+---------------+
 * |     vector, 0xFFFF: none      |       0       |      bar      |  4
 * +-------------------------------+---------------+---------------+
 * |                    offset in that region                      |  8
 * +---------------------------------------------------------------+
 * |                         its length                            | 12
 * +---------------------------------------------------------------+
 * |            name, US-ASCII, zeroes behind, 8 bytes             | 16
 * +---------------------------------------------------------------+
 * </pre>
 *
 * @param name 1 to 8 letters, digits or '.'
 * @param bar 0 to 5
 * @param offset in bytes, of what lies behind that base address register
 * @param length in bytes
 * @param place of the interrupt that speaks of this window, its vector in the MSI-X table; {@link #NO_VECTOR} for none
 */
public record NamedWindow(String name, int bar, long offset, long length, int place) {
  /** The device id of such functions, of QEMU's range for experiments, "1AF4:10F0 to 10FF"; vendor {@link Pci#VIRTIO_VENDOR}. */
  public static final int DEVICE = 0x10F0;
  public static final int NO_VECTOR = 0xFFFF;
  /** The longest name. */
  public static final int NAME_BYTES = 8;
  /** What it is as a capability, bytes. */
  public static final int BYTES = 24;
  /** A window of that name, 8 bytes: a number that is written there is the argument of a doorbell. */
  public static final String DOORBELL = "doorbell";
  /** A window of that name is a {@link PortsBlock}. */
  public static final String CHANNEL = "channel";

  private static final int KIND = 0x4E;
  private static final int LENGTH_AT = 2;
  private static final int KIND_AT = 3;
  private static final int BAR_AT = 4;
  private static final int VECTOR_AT = 6;
  private static final int OFFSET_AT = 8;
  private static final int SIZE_AT = 12;
  private static final int NAME_AT = 16;

  public NamedWindow {
    if (!name.matches("[A-Za-z0-9.]{1,8}")) {
      throw new IllegalArgumentException("window=" + name + "; allowed: 1 to 8 letters, digits and '.'");
    }
  }

  /**
   * Reads one, and trusts nothing.
   *
   * @param config of a function of that device id
   * @param at where one of its capabilities lies
   * @return null where that is no such capability, or makes no sense
   */
  public static NamedWindow read(Window config, int at) {
    if (config.read(at, 1) != Pci.CAP_VENDOR || config.read(at + LENGTH_AT, 1) < BYTES || config.read(at + KIND_AT, 1) != KIND) {
      return null;
    }
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < NAME_BYTES; i++) {
      int letter = (int) config.read(at + NAME_AT + i, 1);
      if (letter == 0) {
        break;
      }
      name.append((char) letter);
    }
    int bar = (int) config.read(at + BAR_AT, 1);
    if (bar >= Pci.BARS || !name.toString().matches("[A-Za-z0-9.]{1,8}")) {
      return null;
    }
    return new NamedWindow(name.toString(), bar, config.read(at + OFFSET_AT, 4), config.read(at + SIZE_AT, 4),
        (int) config.read(at + VECTOR_AT, 2));
  }

  /** The capability, but for its id and link, which are 0. */
  public byte[] bytes() {
    byte[] bytes = new byte[BYTES];
    bytes[LENGTH_AT] = BYTES;
    bytes[KIND_AT] = KIND;
    bytes[BAR_AT] = (byte) bar;
    put(bytes, VECTOR_AT, 2, place);
    put(bytes, OFFSET_AT, 4, offset);
    put(bytes, SIZE_AT, 4, length);
    byte[] letters = name.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(letters, 0, bytes, NAME_AT, letters.length);
    return bytes;
  }

  private static void put(byte[] bytes, int at, int width, long value) {
    for (int i = 0; i < width; i++) {
      bytes[at + i] = (byte) (value >>> 8 * i);
    }
  }
}
