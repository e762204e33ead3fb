package virtio.device.net;

import static virtio.bus.spec.VirtioNet.*;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import virtio.bus.Features;

/**
 * Which frames the driver wants. The slot's thread.
 *
 * <p>A driver that cannot say what it wants, as CTRL_RX is not among its features, gets all. One that can begins with its own address and
 * broadcasts, and an empty table. A table longer than there is room for lets its whole kind through.
 *
 * <p>Spec: virtio 1.4, "Packet Receive Filtering", "Setting MAC Address Filtering", "VLAN Filtering"
 */
final class ReceiveFilter {
  /** Addresses of each kind that are kept. */
  static final int MOST_ADDRESSES = 64;
  private static final int VLANS = MOST_VLAN + 1;

  private final long[] unicast = new long[MOST_ADDRESSES];
  private final long[] multicast = new long[MOST_ADDRESSES];
  private final long[] vlans = new long[VLANS / Long.SIZE];
  private int unicasts;
  private int multicasts;
  private boolean byVlan;
  private boolean promiscuous;
  private boolean allMulticast;
  private boolean allUnicast;
  private boolean noMulticast;
  private boolean noUnicast;
  private boolean noBroadcast;

  /** As a driver with these features finds it. */
  void reset(Features accepted) {
    unicasts = 0;
    multicasts = 0;
    Arrays.fill(vlans, 0);
    byVlan = accepted.has(VIRTIO_NET_F_CTRL_VLAN);
    promiscuous = !accepted.has(VIRTIO_NET_F_CTRL_RX);
    allMulticast = false;
    allUnicast = false;
    noMulticast = false;
    noUnicast = false;
    noBroadcast = false;
  }

  /** @param own the card's address now */
  boolean passes(MemorySegment frame, long at, int length, long own) {
    if (promiscuous) {
      return true;
    }
    int vlan = byVlan ? Frame.vlan(frame, at, length) : -1;
    if (vlan >= 0 && (vlans[vlan / Long.SIZE] >>> vlan % Long.SIZE & 1) == 0) {
      return false;
    }
    long to = Frame.mac(frame, at);
    if (to == Frame.BROADCAST) {
      return !noBroadcast;
    } else if (Frame.isGroup(to)) {
      return !noMulticast && (allMulticast || holds(multicast, multicasts, to));
    }
    return !noUnicast && (allUnicast || to == own || holds(unicast, unicasts, to));
  }

  private static boolean holds(long[] table, int entries, long mac) {
    if (entries > MOST_ADDRESSES) {
      return true;
    }
    for (int i = 0; i < entries; i++) {
      if (table[i] == mac) {
        return true;
      }
    }
    return false;
  }

  /** Of the class CTRL_RX. @return false for a command that there is none of */
  boolean mode(int command, boolean on) {
    switch (command) {
      case VIRTIO_NET_CTRL_RX_PROMISC -> promiscuous = on;
      case VIRTIO_NET_CTRL_RX_ALLMULTI -> allMulticast = on;
      case VIRTIO_NET_CTRL_RX_ALLUNI -> allUnicast = on;
      case VIRTIO_NET_CTRL_RX_NOMULTI -> noMulticast = on;
      case VIRTIO_NET_CTRL_RX_NOUNI -> noUnicast = on;
      case VIRTIO_NET_CTRL_RX_NOBCAST -> noBroadcast = on;
      default -> {
        return false;
      }
    }
    return true;
  }

  /** Of the class CTRL_MAC: the unicast addresses anew. @param from where the first begins; nothing is read of more than there is room for */
  void unicast(MemorySegment from, long count) {
    unicasts = fill(unicast, from, count);
  }

  void multicast(MemorySegment from, long count) {
    multicasts = fill(multicast, from, count);
  }

  private static int fill(long[] table, MemorySegment from, long count) {
    if (count > MOST_ADDRESSES) {
      return MOST_ADDRESSES + 1;
    }
    for (int i = 0; i < count; i++) {
      table[i] = Frame.mac(from, MAC.size() * (long) i);
    }
    return (int) count;
  }

  void vlan(int id, boolean wanted) {
    long bit = 1L << id % Long.SIZE;
    vlans[id / Long.SIZE] = wanted ? vlans[id / Long.SIZE] | bit : vlans[id / Long.SIZE] & ~bit;
  }
}
