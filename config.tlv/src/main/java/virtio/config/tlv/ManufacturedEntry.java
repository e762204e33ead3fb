package virtio.config.tlv;

import java.util.HexFormat;
import virtio.bus.Window;

/** An entry that no host keeps: it is made of a string, and a reset, which is over at once, makes it so again. Any thread. */
final class ManufacturedEntry implements Window {
  private final byte[] made;
  private final byte[] bytes;

  private ManufacturedEntry(byte[] made) {
    this.made = made;
    this.bytes = made.clone();
  }

  /** @param digits two for each byte, white space between them does not count; null is returned where there is anything else */
  static ManufacturedEntry of(String digits) {
    try {
      return new ManufacturedEntry(HexFormat.of().parseHex(digits.replaceAll("\\s", "")));
    } catch (IllegalArgumentException none) {
      return null;
    }
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public synchronized long read(long offset, int width) {
    long value = 0;
    for (int i = 0; i < width; i++) {
      value |= Byte.toUnsignedLong(bytes[(int) offset + i]) << 8 * i;
    }
    return value;
  }

  @Override
  public synchronized void write(long offset, int width, long value) {
    if (offset == Tlv.STATUS && (value & 0xFF) == 0) {
      System.arraycopy(made, 0, bytes, 0, made.length);
    }
    for (int i = 0; i < width; i++) {
      bytes[(int) offset + i] = (byte) (value >>> 8 * i);
    }
  }
}
