package virtio.bus;

/**
 * A configuration field, declared once for its device type and shared by driver and model.
 *
 * @param name as the specification spells it
 * @param offset in the device's configuration structure, bytes
 * @param size 1, 2, 4 or 8 bytes, little-endian
 * @param tlv its type in a type-length-data stream
 * @param feature the feature that brings it, or {@link #ALWAYS}
 */
public record Field(String name, int offset, int size, int tlv, int feature) {
  /** Needs no feature. */
  public static final int ALWAYS = -1;

  public Field {
    if (size != 1 && size != 2 && size != 4 && size != 8) {
      throw new IllegalArgumentException("size=" + size + " (1, 2, 4 or 8)");
    }
    if (offset < 0 || tlv < 1 || tlv > 127) {
      throw new IllegalArgumentException("offset=" + offset + " tlv=" + tlv + " (offset from 0, tlv 1 to 127)");
    }
  }
}
