package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.*;

import java.util.Arrays;
import java.util.List;
import org.osgi.service.component.annotations.Component;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;
import virtio.bus.annotation.Provides;
import virtio.bus.spec.DeviceTypes;
import virtio.bus.spec.VirtioNet;
import virtio.net.NetPort;

/**
 * The net driver. Any thread.
 *
 * <p>Spec: virtio 1.4, "Network Device"
 */
@Component(service = VirtioDriver.class)
@Provides.Driver("net")
public final class NetDriver implements VirtioDriver<NetPort> {
  static final Features FEATURES = Features.of(VIRTIO_NET_F_CSUM, VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_MTU, VIRTIO_NET_F_MAC,
      VIRTIO_NET_F_MRG_RXBUF, VIRTIO_NET_F_STATUS, VIRTIO_NET_F_CTRL_VQ, VIRTIO_NET_F_CTRL_RX, VIRTIO_NET_F_CTRL_VLAN,
      VIRTIO_NET_F_CTRL_RX_EXTRA, VIRTIO_NET_F_GUEST_ANNOUNCE, VIRTIO_NET_F_CTRL_MAC_ADDR, VIRTIO_NET_F_SPEED_DUPLEX);

  @Override
  public List<Entry> table() {
    return List.of(new Entry(new DeviceId(DeviceTypes.NETWORK_CARD, DeviceId.ANY), Sizing.STANDARD));
  }

  @Override
  public Features features() {
    return FEATURES;
  }

  /** A device that never sees our buffers need not spread packets over them. */
  @Override
  public Features inMemory() {
    return Features.of(VIRTIO_NET_F_MRG_RXBUF);
  }

  /** The specification's, as far as they are about features of this driver. */
  @Override
  public int[][] requires() {
    return Arrays.stream(VirtioNet.requires()).filter(pair -> FEATURES.has(pair[0])).toArray(int[][]::new);
  }

  @Override
  public Class<NetPort> port() {
    return NetPort.class;
  }

  @Override
  public Attached probe(VirtioDevice device, Entry entry, NetPort port) {
    NetCard card = NetCard.make(device, (Sizing) entry.data(), port);
    device.ready();
    port.up(card);
    return card;
  }
}
