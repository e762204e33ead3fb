package virtio.config.tlv;

import virtio.bus.Window;

/** Numbers byte by byte, as fields lie at any offset: little-endian, lowest byte first, highest last. */
final class Bytes {
  private Bytes() {
  }

  static long get(Window window, long at, int length) {
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= window.read(at + i, 1) << 8 * i;
    }
    return value;
  }

  static void put(Window window, long at, int length, long value) {
    for (int i = 0; i < length; i++) {
      window.write(at + i, 1, value >>> 8 * i & 0xFF);
    }
  }
}
