package virtio.config.fixed;

import java.util.HexFormat;
import virtio.bus.Store;
import virtio.bus.Window;

/** 256 bytes that no host keeps: they are made of two words, and never change. Any thread. */
final class ManufacturedBytes implements Window {
  static final String HOST_WORD = "fixed/host";
  static final String DRIVER_WORD = "fixed/driver";

  private final byte[] bytes;

  private ManufacturedBytes(byte[] bytes) {
    this.bytes = bytes;
  }

  static boolean in(Store store) {
    return store != null && store.get(HOST_WORD) != null && store.get(DRIVER_WORD) != null;
  }

  /** White space between digits does not count; null where a word is anything but 256 of them. */
  static ManufacturedBytes of(Store store) {
    String digits = plain(store.get(HOST_WORD));
    String drivers = plain(store.get(DRIVER_WORD));
    if (digits.length() != 2 * Bytes256.DRIVER || drivers.length() != 2 * Bytes256.DRIVER) {
      return null;
    }
    try {
      return new ManufacturedBytes(HexFormat.of().parseHex(digits + drivers));
    } catch (IllegalArgumentException none) {
      return null;
    }
  }

  private static String plain(String word) {
    return word == null ? "" : word.replaceAll("\\s", "");
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public long read(long offset, int width) {
    long value = 0;
    for (int i = 0; i < width; i++) {
      value |= Byte.toUnsignedLong(bytes[(int) offset + i]) << 8 * i;
    }
    return value;
  }

  /** Nothing: they are read-only. */
  @Override
  public void write(long offset, int width, long value) {
  }
}
