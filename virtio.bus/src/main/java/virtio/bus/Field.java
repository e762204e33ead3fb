package virtio.bus;

/**
 * A configuration field, declared once for its device type and shared by driver and model.
 *
 * @param name as the specification spells it
 * @param offset in the device's configuration structure, bytes
 * @param size 1, 2, 4 or 8 bytes, little-endian; or 6: an array of bytes (a MAC address), whose first is the lowest byte of the value
 * @param tlv its type in a type-length-data stream, where it is one entry, whatever its size
 * @param feature the feature that brings it, or {@link #ALWAYS}
 */
public record Field(String name, int offset, int size, int tlv, int feature) {
  /** Needs no feature. */
  public static final int ALWAYS = -1;
  /** Bytes of the one array there is: a MAC address. */
  public static final int ARRAY = 6;

  public Field {
    if (size != 1 && size != 2 && size != 4 && size != ARRAY && size != 8) {
      throw new IllegalArgumentException("size=" + size + " (1, 2, 4, 6 or 8)");
    }
    if (offset < 0 || tlv < 1 || tlv > 127) {
      throw new IllegalArgumentException("offset=" + offset + " tlv=" + tlv + " (offset from 0, tlv 1 to 127)");
    }
  }

  /**
   * Bytes of one access to it: an array is accessed byte by byte, a field of 8 bytes as two of 4.
   *
   * <p>Spec: virtio 1.4, "PCI Device Layout", "Device Initialization"; "MMIO Device Register Layout"
   */
  public int width() {
    return size == ARRAY ? 1 : Math.min(4, size);
  }

  /** Those bits of a value that it holds. */
  public long mask() {
    return -1L >>> 64 - 8 * size;
  }

  /** Its value, in accesses of its {@link #width}. @param structure where the device's configuration structure begins in the window */
  public long read(Window window, long structure) {
    long value = 0;
    int width = width();
    for (int at = 0; at < size; at += width) {
      value |= window.read(structure + offset + at, width) << 8 * at;
    }
    return value;
  }

  /** The same the other way, lowest bytes first. */
  public void write(Window window, long structure, long value) {
    int width = width();
    for (int at = 0; at < size; at += width) {
      window.write(structure + offset + at, width, value >>> 8 * at & -1L >>> 64 - 8 * width);
    }
  }
}
