package virtio.net;

/** How sending went. The frame is the caller's still, unless ACCEPTED. */
public enum Sent {
  /** The card's. It goes out, or is lost, as frames are. */
  ACCEPTED,
  /** No room now; {@link NetworkDevice.Listener#room} comes. */
  FULL,
  /** The link is down: nothing is taken until it is up. */
  LINK_DOWN,
  /** Longer than the MTU allows, shorter than an Ethernet header, or asking for a checksum outside itself. */
  BAD_LENGTH,
  /** There is no device at the moment, or none any more. */
  NO_DEVICE
}
