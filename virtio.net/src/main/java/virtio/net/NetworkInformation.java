package virtio.net;

/**
 * What a card says of itself, checked by its driver.
 *
 * <p>Spec: virtio 1.4, "Network Device", "Device configuration layout"
 *
 * @param mac its address; one that was set by command is not shown here, but by {@link NetworkDevice#mac}
 * @param chosen the device has none, the driver made one up
 * @param mtu the largest payload of a frame, bytes; 1500 where the device does not say
 * @param linkUp whether there is a line; a device that does not say has one
 * @param announce the device asks that addresses be announced
 * @param speed Mbit/s; -1: not known
 * @param maxPairs most pairs of queues that may be asked for
 */
public record NetworkInformation(MacAddress mac, boolean chosen, int mtu, boolean linkUp, boolean announce, long speed, Duplex duplex,
    int maxPairs, Abilities abilities) {
  /** Whether both ends may send at the same time. */
  public enum Duplex {
    HALF, FULL, UNKNOWN
  }

  /**
   * What was negotiated, as far as a user may care.
   *
   * @param sendChecksum the device completes checksums (CSUM); without it the driver does
   * @param receiveChecksum frames may come with {@link Frame#checksumWanted} or {@link Frame#checksumValid} (GUEST_CSUM)
   * @param merged a received packet may lie in several buffers (MRG_RXBUF)
   * @param commands there is a control queue
   * @param modes {@link ReceiveMode}s and MAC tables work
   * @param extraModes those beyond the first two do
   * @param vlans there is a VLAN filter
   * @param mac the address can be set
   */
  public record Abilities(boolean sendChecksum, boolean receiveChecksum, boolean merged, boolean commands, boolean modes,
      boolean extraModes, boolean vlans, boolean mac) {}

  /** The same, once the wish for an announcement was seen to. */
  public NetworkInformation withoutAnnounce() {
    return new NetworkInformation(mac, chosen, mtu, linkUp, false, speed, duplex, maxPairs, abilities);
  }

  /** Bytes of the longest frame that may be sent: header, one VLAN tag, payload. */
  public int longestFrame() {
    return 14 + 4 + mtu;
  }
}
