package virtio.net;

/**
 * What a card may be told to let in, or keep out, beyond what its address and its tables say. All are off at first.
 *
 * <p>Spec: virtio 1.4, "Packet Receive Filtering"
 */
public enum ReceiveMode {
  /** All frames. */
  PROMISCUOUS,
  /** All frames for groups. */
  ALL_MULTICAST,
  /** All frames for one card. Needs CTRL_RX_EXTRA, as all that follow. */
  ALL_UNICAST,
  /** No frames for groups, but for broadcasts. */
  NO_MULTICAST,
  /** No frames for one card. */
  NO_UNICAST,
  /** No broadcasts. */
  NO_BROADCAST;

  /** Whether it takes CTRL_RX_EXTRA. */
  public boolean extra() {
    return this != PROMISCUOUS && this != ALL_MULTICAST;
  }
}
