package virtio.itest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import virtio.net.MacAddress;

/** Packets as bytes, as far as a few tests speak Ethernet, ARP, IP, ICMP and DHCP. Addresses of IP are numbers, the first byte the highest. */
final class Packets {
  static final MacAddress BROADCAST = new MacAddress(0xFFFF_FFFF_FFFFL);
  static final int ARP = 0x0806;
  static final int IP = 0x0800;
  /** For experiments. */
  static final int EXPERIMENT = 0x88B5;
  static final int DISCOVER = 1;
  static final int OFFER = 2;
  static final int REQUEST = 3;
  static final int ACK = 5;

  private static final int MAC = 6;
  private static final int ETHERNET = 14;
  private static final int IP_HEADER = 20;
  private static final int UDP_HEADER = 8;
  private static final int ICMP = 1;
  private static final int UDP = 17;
  private static final int CLIENT = 68;
  private static final int SERVER = 67;
  private static final int COOKIE = 0x63825363;
  private static final int OPTIONS = 240;

  private Packets() {}

  static byte[] ethernet(MacAddress to, MacAddress from, int type, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(ETHERNET + payload.length);
    put(frame, to);
    put(frame, from);
    return frame.putShort((short) type).put(payload).array();
  }

  /** The same in a VLAN. */
  static byte[] tagged(MacAddress to, MacAddress from, int vlan, byte[] payload) {
    byte[] inner = ByteBuffer.allocate(4 + payload.length).putShort((short) vlan).putShort((short) EXPERIMENT).put(payload).array();
    return ethernet(to, from, 0x8100, inner);
  }

  private static void put(ByteBuffer into, MacAddress mac) {
    for (int i = 0; i < MAC; i++) {
      into.put((byte) mac.octet(i));
    }
  }

  static int type(byte[] frame) {
    return frame.length < ETHERNET ? -1 : Short.toUnsignedInt(ByteBuffer.wrap(frame).getShort(2 * MAC));
  }

  static MacAddress source(byte[] frame) {
    long mac = 0;
    for (int i = 0; i < MAC; i++) {
      mac |= Byte.toUnsignedLong(frame[MAC + i]) << 8 * i;
    }
    return new MacAddress(mac);
  }

  static byte[] arpRequest(MacAddress from, int mine, int whose) {
    ByteBuffer arp = ByteBuffer.allocate(28).putShort((short) 1).putShort((short) IP).put((byte) MAC).put((byte) 4).putShort((short) 1);
    put(arp, from);
    arp.putInt(mine);
    put(arp, new MacAddress(0));
    return ethernet(BROADCAST, from, ARP, arp.putInt(whose).array());
  }

  /** Whether it answers that question. */
  static boolean isArpReply(byte[] frame, int whose) {
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    return type(frame) == ARP && bytes.getShort(ETHERNET + 6) == 2 && bytes.getInt(ETHERNET + 14) == whose;
  }

  static byte[] ping(MacAddress to, MacAddress from, int mine, int theirs, int number, byte[] data) {
    ByteBuffer echo = ByteBuffer.allocate(8 + data.length).put((byte) 8).put((byte) 0).putShort((short) 0).putShort((short) 0x4A56)
        .putShort((short) number).put(data);
    echo.putShort(2, (short) checksum(echo.array(), 0, echo.capacity()));
    return ethernet(to, from, IP, ip(ICMP, mine, theirs, echo.array()));
  }

  static boolean isPong(byte[] frame, int from, int number, byte[] data) {
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    int icmp = ETHERNET + IP_HEADER;
    return type(frame) == IP && frame.length >= icmp + 8 + data.length && bytes.get(ETHERNET + 9) == ICMP
        && bytes.getInt(ETHERNET + 12) == from && bytes.get(icmp) == 0 && bytes.getShort(icmp + 6) == number
        && Arrays.equals(frame, icmp + 8, icmp + 8 + data.length, data, 0, data.length)
        && checksum(frame, icmp, 8 + data.length) == 0;
  }

  private static byte[] ip(int protocol, int from, int to, byte[] payload) {
    ByteBuffer packet = ByteBuffer.allocate(IP_HEADER + payload.length).put((byte) 0x45).put((byte) 0)
        .putShort((short) (IP_HEADER + payload.length)).putInt(0).put((byte) 64).put((byte) protocol).putShort((short) 0).putInt(from).putInt(to);
    packet.putShort(10, (short) checksum(packet.array(), 0, IP_HEADER));
    return packet.put(payload).array();
  }

  /** What makes the sum of all of it 0xFFFF; 0 where it does already. */
  private static int checksum(byte[] bytes, int from, int count) {
    int sum = 0;
    for (int i = 0; i < count; i += 2) {
      sum += (bytes[from + i] & 0xFF) << 8 | (i + 1 < count ? bytes[from + i + 1] & 0xFF : 0);
    }
    while (sum >>> 16 != 0) {
      sum = (sum & 0xFFFF) + (sum >>> 16);
    }
    return ~sum & 0xFFFF;
  }

  /** @param wanted the address asked for; 0: any. @param server who offered it; 0: nobody yet */
  static byte[] dhcp(MacAddress from, int kind, int transaction, int wanted, int server) {
    ByteBuffer message = ByteBuffer.allocate(300).put(new byte[] {1, 1, MAC, 0}).putInt(transaction).position(28);
    put(message, from);
    message.position(236).putInt(COOKIE).put(new byte[] {53, 1, (byte) kind});
    if (wanted != 0) {
      message.put(new byte[] {50, 4}).putInt(wanted);
    }
    if (server != 0) {
      message.put(new byte[] {54, 4}).putInt(server);
    }
    message.put((byte) 255);
    ByteBuffer datagram = ByteBuffer.allocate(UDP_HEADER + message.capacity()).putShort((short) CLIENT).putShort((short) SERVER)
        .putShort((short) (UDP_HEADER + message.capacity())).putShort((short) 0).put(message.array());
    return ethernet(BROADCAST, from, IP, ip(UDP, 0, -1, datagram.array()));
  }

  /** Whether it is the server's word of that kind about that transaction. */
  static boolean isDhcp(byte[] frame, int kind, int transaction) {
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    int message = ETHERNET + IP_HEADER + UDP_HEADER;
    return type(frame) == IP && frame.length > message + OPTIONS && bytes.get(ETHERNET + 9) == UDP
        && bytes.getShort(ETHERNET + IP_HEADER + 2) == CLIENT && bytes.getInt(message + 4) == transaction
        && bytes.getInt(message + 236) == COOKIE && option(frame, 53).get() == kind;
  }

  /** The address that it gives. */
  static int given(byte[] frame) {
    return ByteBuffer.wrap(frame).getInt(ETHERNET + IP_HEADER + UDP_HEADER + 16);
  }

  /** Data of a DHCP option; of one that is not there nothing is to be had. */
  static ByteBuffer option(byte[] frame, int wanted) {
    int at = ETHERNET + IP_HEADER + UDP_HEADER + OPTIONS;
    while (frame[at] != wanted) {
      if (frame[at] == -1) {
        throw new AssertionError("no option " + wanted);
      }
      at += frame[at] == 0 ? 1 : 2 + Byte.toUnsignedInt(frame[at + 1]);
    }
    return ByteBuffer.wrap(frame, at + 2, Byte.toUnsignedInt(frame[at + 1]));
  }

  static byte[] text(String words) {
    return words.getBytes(StandardCharsets.US_ASCII);
  }
}
