package virtio.device.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import virtio.bus.spec.VirtioNet;

/**
 * An Ethernet frame on its way, and what is still to be done to it. Its sender's, filled again and again; one thread at a time.
 *
 * <p>A MAC address is a number here, its first byte the lowest, as the field of the device has it.
 */
final class Frame {
  /** The most that any frame has: the largest MTU, an Ethernet header, two VLAN tags. */
  static final int MOST = 65535 + VirtioNet.ETHERNET + 2 * VirtioNet.VLAN_TAG;
  static final long BROADCAST = 0xFFFF_FFFF_FFFFL;
  static final int SOURCE = 6;
  static final int TYPE = 12;
  static final int TYPE_VLAN = 0x8100;

  private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort BE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  final MemorySegment bytes;
  int length;
  /** Where the checksum's data begins; -1: the frame needs none. */
  int sumStart = -1;
  /** Where the checksum goes, from there. */
  int sumOffset;

  /** @param room for the longest it will hold */
  Frame(int room) {
    bytes = Arena.ofAuto().allocate(room);
  }

  /** A frame that is as it has to be. */
  Frame whole(int bytesIn) {
    length = bytesIn;
    sumStart = -1;
    return this;
  }

  /** A frame whose checksum is still to be made. @return false where it does not lie within */
  boolean partial(int bytesIn, int start, int offset) {
    length = bytesIn;
    sumStart = start;
    sumOffset = offset;
    return fits(bytesIn, start, offset);
  }

  private static boolean fits(int length, int start, int offset) {
    return start + offset + 2 <= length && start < length;
  }

  long destination() {
    return mac(bytes, 0);
  }

  long source() {
    return mac(bytes, SOURCE);
  }

  static long mac(MemorySegment from, long at) {
    return Integer.toUnsignedLong(from.get(LE32, at)) | Short.toUnsignedLong(from.get(LE16, at + 4)) << 32;
  }

  static boolean isGroup(long mac) {
    return (mac & 1) != 0;
  }

  /** The VLAN that a frame there names; -1 where it has no tag. */
  static int vlan(MemorySegment from, long at, int length) {
    if (length < VirtioNet.ETHERNET + VirtioNet.VLAN_TAG || Short.toUnsignedInt(from.get(BE16, at + TYPE)) != TYPE_VLAN) {
      return -1;
    }
    return from.get(BE16, at + TYPE + 2) & VirtioNet.MOST_VLAN;
  }

  /**
   * Puts the ones' complement checksum of everything from {@code start} to the end of the frame at {@code start + offset}, whose two bytes
   * hold the sum of the pseudo header so far and take part in it. What comes out as 0 is written as 0xFFFF, which means the same, and is
   * not "none" to UDP.
   *
   * <p>Spec: virtio 1.4, "Packet Transmission"; RFC 1071
   */
  static void sum(MemorySegment in, long at, int length, int start, int offset) {
    long sum = 0;
    long end = at + length;
    long position = at + start;
    for (; position + 4 <= end; position += 4) {
      sum += Integer.toUnsignedLong(in.get(LE32, position));
    }
    if (position + 2 <= end) {
      sum += Short.toUnsignedLong(in.get(LE16, position));
      position += 2;
    }
    if (position < end) {
      sum += Byte.toUnsignedLong(in.get(ValueLayout.JAVA_BYTE, position));
    }
    while (sum >>> 16 != 0) {
      sum = (sum & 0xFFFF) + (sum >>> 16);
    }
    int result = ~(int) sum & 0xFFFF;
    in.set(LE16, at + start + offset, (short) (result == 0 ? 0xFFFF : result));
  }
}
