package virtio.bus.spec;

import static virtio.bus.Field.ALWAYS;

import java.util.List;
import virtio.bus.Field;

/**
 * The network card: feature bits, configuration, the header of a packet, commands.
 *
 * <p>Spec: virtio 1.4, "Network Device"
 */
public final class VirtioNet {
  public static final int VIRTIO_NET_F_CSUM = 0;
  public static final int VIRTIO_NET_F_GUEST_CSUM = 1;
  public static final int VIRTIO_NET_F_CTRL_GUEST_OFFLOADS = 2;
  public static final int VIRTIO_NET_F_MTU = 3;
  public static final int VIRTIO_NET_F_MAC = 5;
  public static final int VIRTIO_NET_F_GUEST_TSO4 = 7;
  public static final int VIRTIO_NET_F_GUEST_TSO6 = 8;
  public static final int VIRTIO_NET_F_GUEST_ECN = 9;
  public static final int VIRTIO_NET_F_GUEST_UFO = 10;
  public static final int VIRTIO_NET_F_HOST_TSO4 = 11;
  public static final int VIRTIO_NET_F_HOST_TSO6 = 12;
  public static final int VIRTIO_NET_F_HOST_ECN = 13;
  public static final int VIRTIO_NET_F_HOST_UFO = 14;
  public static final int VIRTIO_NET_F_MRG_RXBUF = 15;
  public static final int VIRTIO_NET_F_STATUS = 16;
  public static final int VIRTIO_NET_F_CTRL_VQ = 17;
  public static final int VIRTIO_NET_F_CTRL_RX = 18;
  public static final int VIRTIO_NET_F_CTRL_VLAN = 19;
  public static final int VIRTIO_NET_F_CTRL_RX_EXTRA = 20;
  public static final int VIRTIO_NET_F_GUEST_ANNOUNCE = 21;
  public static final int VIRTIO_NET_F_MQ = 22;
  public static final int VIRTIO_NET_F_CTRL_MAC_ADDR = 23;
  public static final int VIRTIO_NET_F_HASH_REPORT = 57;
  public static final int VIRTIO_NET_F_RSS = 60;
  public static final int VIRTIO_NET_F_SPEED_DUPLEX = 63;

  /** Of the field status. */
  public static final int VIRTIO_NET_S_LINK_UP = 1;
  /** Of the field status: the driver is asked to announce its addresses. */
  public static final int VIRTIO_NET_S_ANNOUNCE = 2;

  /** Bytes of {@code virtio_net_hdr} before each packet; since VERSION_1 with num_buffers, whatever was negotiated. */
  public static final int HEADER = 12;
  /** u8 in the header. */
  public static final int HDR_FLAGS = 0;
  /** u8. */
  public static final int HDR_GSO_TYPE = 1;
  /** le16. */
  public static final int HDR_HDR_LEN = 2;
  /** le16. */
  public static final int HDR_GSO_SIZE = 4;
  /** le16. */
  public static final int HDR_CSUM_START = 6;
  /** le16. */
  public static final int HDR_CSUM_OFFSET = 8;
  /** le16. */
  public static final int HDR_NUM_BUFFERS = 10;

  public static final int VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
  public static final int VIRTIO_NET_HDR_F_DATA_VALID = 2;
  public static final int VIRTIO_NET_HDR_GSO_NONE = 0;

  /** A command is u8 class, u8 command, its data; the device answers with one byte. */
  public static final int VIRTIO_NET_OK = 0;
  public static final int VIRTIO_NET_ERR = 1;

  /** Each of its commands takes one byte, 0 or 1. */
  public static final int VIRTIO_NET_CTRL_RX = 0;
  public static final int VIRTIO_NET_CTRL_RX_PROMISC = 0;
  public static final int VIRTIO_NET_CTRL_RX_ALLMULTI = 1;
  public static final int VIRTIO_NET_CTRL_RX_ALLUNI = 2;
  public static final int VIRTIO_NET_CTRL_RX_NOMULTI = 3;
  public static final int VIRTIO_NET_CTRL_RX_NOUNI = 4;
  public static final int VIRTIO_NET_CTRL_RX_NOBCAST = 5;

  public static final int VIRTIO_NET_CTRL_MAC = 1;
  /** Two tables, unicast and multicast: le32 entries, 6 bytes each. */
  public static final int VIRTIO_NET_CTRL_MAC_TABLE_SET = 0;
  /** 6 bytes. */
  public static final int VIRTIO_NET_CTRL_MAC_ADDR_SET = 1;

  /** Each of its commands takes a le16, the VLAN's id. */
  public static final int VIRTIO_NET_CTRL_VLAN = 2;
  public static final int VIRTIO_NET_CTRL_VLAN_ADD = 0;
  public static final int VIRTIO_NET_CTRL_VLAN_DEL = 1;

  public static final int VIRTIO_NET_CTRL_ANNOUNCE = 3;
  public static final int VIRTIO_NET_CTRL_ANNOUNCE_ACK = 0;

  public static final int VIRTIO_NET_CTRL_MQ = 4;
  /** le16. */
  public static final int VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET = 0;
  public static final int VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MIN = 1;
  public static final int VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MAX = 0x8000;

  /** Bytes of an Ethernet header, without a VLAN tag. */
  public static final int ETHERNET = 14;
  /** Bytes of a VLAN tag in it. */
  public static final int VLAN_TAG = 4;
  /** The payload that an Ethernet frame carries where nobody says otherwise. */
  public static final int STANDARD_MTU = 1500;
  /** The least that a device may offer. */
  public static final int LEAST_MTU = 68;
  /** VLAN ids are 0 to this. */
  public static final int MOST_VLAN = 4095;

  /** Queues of a device without multiple pairs; with them the control queue follows the last pair. */
  public static final int RECEIVEQ = 0;
  public static final int TRANSMITQ = 1;
  public static final int CONTROLQ = 2;

  /** The first byte of the address is the lowest of the value. */
  public static final Field MAC = new Field("mac", 0, 6, 0x41, VIRTIO_NET_F_MAC);
  public static final Field STATUS = new Field("status", 6, 2, 0x44, VIRTIO_NET_F_STATUS);
  public static final Field MAX_VIRTQUEUE_PAIRS = new Field("max_virtqueue_pairs", 8, 2, 0x45, VIRTIO_NET_F_MQ);
  public static final Field MTU = new Field("mtu", 10, 2, 0x46, VIRTIO_NET_F_MTU);
  /** In units of 1 Mbit/s; above 0x7FFFFFFF: unknown. */
  public static final Field SPEED = new Field("speed", 12, 4, 0x47, VIRTIO_NET_F_SPEED_DUPLEX);
  /** 1 full, 0 half; all others: unknown. */
  public static final Field DUPLEX = new Field("duplex", 16, 1, 0x48, VIRTIO_NET_F_SPEED_DUPLEX);

  /** {@code struct virtio_net_config}, as far as any driver here reads it, in its order. */
  public static final List<Field> FIELDS = List.of(MAC, STATUS, MAX_VIRTQUEUE_PAIRS, MTU, SPEED, DUPLEX);

  private static final int[][] REQUIRES = {
    {VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_CSUM}, {VIRTIO_NET_F_GUEST_TSO6, VIRTIO_NET_F_GUEST_CSUM},
    {VIRTIO_NET_F_GUEST_UFO, VIRTIO_NET_F_GUEST_CSUM}, {VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_CSUM},
    {VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_F_CSUM}, {VIRTIO_NET_F_HOST_UFO, VIRTIO_NET_F_CSUM},
    {VIRTIO_NET_F_CTRL_RX, VIRTIO_NET_F_CTRL_VQ}, {VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_NET_F_CTRL_VQ},
    {VIRTIO_NET_F_CTRL_VLAN, VIRTIO_NET_F_CTRL_VQ}, {VIRTIO_NET_F_GUEST_ANNOUNCE, VIRTIO_NET_F_CTRL_VQ},
    {VIRTIO_NET_F_MQ, VIRTIO_NET_F_CTRL_VQ}, {VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_NET_F_CTRL_VQ},
    {VIRTIO_NET_F_RSS, VIRTIO_NET_F_CTRL_VQ},
  };

  private static final String[] FEATURES = {
    "CSUM", "GUEST_CSUM", "CTRL_GUEST_OFFLOADS", "MTU", null, "MAC", null, "GUEST_TSO4", "GUEST_TSO6", "GUEST_ECN", "GUEST_UFO",
    "HOST_TSO4", "HOST_TSO6", "HOST_ECN", "HOST_UFO", "MRG_RXBUF", "STATUS", "CTRL_VQ", "CTRL_RX", "CTRL_VLAN", "CTRL_RX_EXTRA",
    "GUEST_ANNOUNCE", "MQ", "CTRL_MAC_ADDR"
  };
  private static final int LATER = 50;
  private static final String[] LATER_FEATURES = {
    "DEVICE_STATS", "HASH_TUNNEL", "VQ_NOTF_COAL", "NOTF_COAL", "GUEST_USO4", "GUEST_USO6", "HOST_USO", "HASH_REPORT", null,
    "GUEST_HDRLEN", "RSS", "RSC_EXT", "STANDBY", "SPEED_DUPLEX"
  };

  private VirtioNet() {}

  /** Pairs {bit, bit it requires}. Spec: virtio 1.4, "Network Device", "Feature bit requirements" */
  public static int[][] requires() {
    int[][] pairs = new int[REQUIRES.length][];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = REQUIRES[i].clone();
    }
    return pairs;
  }

  /** Without its prefix; null where the bit has no name. */
  public static String featureName(int bit) {
    if (bit < FEATURES.length) {
      return FEATURES[bit];
    }
    return bit >= LATER && bit < LATER + LATER_FEATURES.length ? LATER_FEATURES[bit - LATER] : null;
  }

  /** For a person: {@code "02:00:00:00:00:01"}. @param mac as {@link #MAC} reads: its first byte is the lowest */
  public static String macText(long mac) {
    StringBuilder text = new StringBuilder(17);
    for (int i = 0; i < 6; i++) {
      int octet = (int) (mac >>> 8 * i) & 0xFF;
      text.append(i == 0 ? "" : ":").append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
    }
    return text.toString();
  }
}
