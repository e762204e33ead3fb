package virtio.net;

import java.util.concurrent.ThreadLocalRandom;
import virtio.bus.spec.VirtioNet;

/**
 * A card's address.
 *
 * @param value 48 bits; the byte that is sent first is the lowest
 */
public record MacAddress(long value) {
  private static final int OCTETS = 6;
  /** Of the first byte: for a group of cards. */
  private static final int GROUP = 1;
  /** Of the first byte: nobody's in particular. */
  private static final int LOCAL = 2;

  public MacAddress {
    if (value >>> 8 * OCTETS != 0) {
      throw new IllegalArgumentException("value=0x" + Long.toHexString(value) + " (48 bits)");
    }
  }

  /** @param text six bytes, hexadecimal: {@code "02:00:00:00:00:01"} */
  public static MacAddress of(String text) {
    if (!text.matches("([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")) {
      throw new IllegalArgumentException("mac=" + text + " (six bytes, as in 02:00:00:00:00:01)");
    }
    long value = 0;
    for (int i = 0; i < OCTETS; i++) {
      value |= Long.parseLong(text, 3 * i, 3 * i + 2, 16) << 8 * i;
    }
    return new MacAddress(value);
  }

  /** An address of one card that no maker has given away. */
  public static MacAddress random() {
    long value = ThreadLocalRandom.current().nextLong() & (1L << 8 * OCTETS) - 1;
    return new MacAddress(value & ~GROUP | LOCAL);
  }

  /** Whether it stands for several cards, or all. */
  public boolean group() {
    return (value & GROUP) != 0;
  }

  /** That byte of it, the first sent is 0. */
  public int octet(int index) {
    return (int) (value >>> 8 * index) & 0xFF;
  }

  /** {@code "02:00:00:00:00:01"}. */
  @Override
  public String toString() {
    return VirtioNet.macText(value);
  }
}
