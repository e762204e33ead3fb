package virtio.device.net;

import static virtio.bus.spec.VirtioNet.*;

import virtio.bus.Features;
import virtio.bus.Field;

/**
 * What the card's fields say, and who changes it: the driver by commands, the world by unplugging the cable or by moving it to another
 * switch. Any thread.
 */
final class CardState {
  /** Megabits per second that say nothing. */
  static final long UNKNOWN_SPEED = 0xFFFF_FFFFL;
  private static final int FULL_DUPLEX = 1;
  private static final int UNKNOWN_DUPLEX = 0xFF;

  private final long configuredMac;
  private final int mtu;
  private final long speed;
  private volatile long mac;
  private volatile boolean up;
  private volatile boolean announce;
  private volatile boolean canAnnounce;
  /** Whether the driver was asked once more before it said that it has heard. */
  private boolean again;

  /** @param up whether the cable is in */
  CardState(long mac, int mtu, long speed, boolean up) {
    this.configuredMac = mac;
    this.mac = mac;
    this.mtu = mtu;
    this.speed = speed;
    this.up = up;
  }

  void start(Features accepted) {
    canAnnounce = accepted.has(VIRTIO_NET_F_GUEST_ANNOUNCE);
  }

  /** Reset: the address is again the card's own, and nothing is asked of anybody. */
  synchronized void stop() {
    canAnnounce = false;
    announce = false;
    again = false;
    mac = configuredMac;
  }

  long mac() {
    return mac;
  }

  void mac(long now) {
    mac = now;
  }

  boolean up() {
    return up;
  }

  void up(boolean now) {
    up = now;
  }

  /** The driver shall tell the world where it is. @return false when it cannot */
  synchronized boolean announce() {
    again = announce;
    announce = canAnnounce;
    return announce;
  }

  /** It has heard; of the first time, if it was asked twice. @return whether it still is asked */
  synchronized boolean announced() {
    announce = again;
    again = false;
    return announce;
  }

  /** The longest frame with that many tags' bytes. */
  int longest(int tags) {
    return mtu + ETHERNET + tags;
  }

  long read(Field field) {
    if (field.equals(MAC)) {
      return mac;
    } else if (field.equals(STATUS)) {
      return (up ? VIRTIO_NET_S_LINK_UP : 0) | (announce ? VIRTIO_NET_S_ANNOUNCE : 0);
    } else if (field.equals(MTU)) {
      return mtu;
    } else if (field.equals(SPEED)) {
      return speed;
    } else if (field.equals(DUPLEX)) {
      return speed == UNKNOWN_SPEED ? UNKNOWN_DUPLEX : FULL_DUPLEX;
    }
    return 0;
  }
}
