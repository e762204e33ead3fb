package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.*;

import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.VirtioDevice;
import virtio.net.MacAddress;
import virtio.net.NetworkInformation;
import virtio.net.NetworkInformation.Abilities;
import virtio.net.NetworkInformation.Duplex;

/**
 * What the device says of itself: read as a whole, checked before anything uses it, read again when it changes.
 *
 * <p>Spec: virtio 1.4, "Network Device", "Device configuration layout"
 */
final class LiveConfig {
  private static final Field[] FIELDS = {MAC, STATUS, MTU, SPEED, DUPLEX};
  private static final long UNKNOWN_SPEED = 0x7FFF_FFFFL;

  private final VirtioDevice device;
  private final MacAddress own;
  private volatile NetworkInformation information;
  private boolean closed;

  /** @throws IllegalStateException naming the field, its value and what is allowed */
  LiveConfig(VirtioDevice device) {
    this.device = device;
    this.own = device.features().has(VIRTIO_NET_F_MAC) ? null : MacAddress.random();
    this.information = read();
  }

  NetworkInformation information() {
    return information;
  }

  private NetworkInformation read() {
    Features features = device.features();
    long[] values = device.read(FIELDS);
    MacAddress mac = own == null ? new MacAddress(values[0]) : own;
    if (own == null && (mac.group() || mac.value() == 0)) {
      throw new IllegalStateException("mac=" + mac + " (one card's)");
    }
    boolean up = !features.has(VIRTIO_NET_F_STATUS) || (values[1] & VIRTIO_NET_S_LINK_UP) != 0;
    boolean announce = features.has(VIRTIO_NET_F_GUEST_ANNOUNCE) && features.has(VIRTIO_NET_F_STATUS)
        && (values[1] & VIRTIO_NET_S_ANNOUNCE) != 0;
    NetworkInformation before = information;
    int mtu = before != null ? before.mtu() : features.has(VIRTIO_NET_F_MTU) ? (int) values[2] : STANDARD_MTU;
    if (mtu < LEAST_MTU) {
      throw new IllegalStateException("mtu=" + mtu + " (at least " + LEAST_MTU + ")");
    }
    boolean said = features.has(VIRTIO_NET_F_SPEED_DUPLEX);
    long speed = said && values[3] <= UNKNOWN_SPEED ? values[3] : -1;
    Duplex duplex = !said || values[4] > 1 ? Duplex.UNKNOWN : values[4] == 1 ? Duplex.FULL : Duplex.HALF;
    return new NetworkInformation(mac, own != null, mtu, up, announce, speed, duplex, 1, abilities(features));
  }

  private static Abilities abilities(Features features) {
    return new Abilities(features.has(VIRTIO_NET_F_CSUM), features.has(VIRTIO_NET_F_GUEST_CSUM), features.has(VIRTIO_NET_F_MRG_RXBUF),
        features.has(VIRTIO_NET_F_CTRL_VQ), features.has(VIRTIO_NET_F_CTRL_RX), features.has(VIRTIO_NET_F_CTRL_RX_EXTRA),
        features.has(VIRTIO_NET_F_CTRL_VLAN), features.has(VIRTIO_NET_F_CTRL_MAC_ADDR));
  }

  /** Reads all again. The MTU that buffers were made for stays: a device may not change it. @return whether it says anything new */
  synchronized boolean refresh() {
    if (closed) {
      return false;
    }
    NetworkInformation before = information;
    information = read();
    return !information.equals(before) || information.announce();
  }

  /** The wish for an announcement was seen to; a device need not say that it knows. With the next change it may ask again. */
  synchronized void announced() {
    information = information.withoutAnnounce();
  }

  /** No field is touched after this: they go with the device. */
  synchronized void close() {
    closed = true;
  }
}
