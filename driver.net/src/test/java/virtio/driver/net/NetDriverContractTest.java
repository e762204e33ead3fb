package virtio.driver.net;

import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.VirtioDriver;
import virtio.bus.spec.DeviceTypes;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioNet;
import virtio.testkit.DriverContract;
import virtio.testkit.fake.FakeRegisters;

/** The net driver keeps what every driver must. */
class NetDriverContractTest extends DriverContract {
  @Override
  protected VirtioDriver<?> driver() {
    return new NetDriver();
  }

  @Override
  protected Object port() {
    return new HeardPort();
  }

  @Override
  protected FakeRegisters device() {
    return new FakeRegisters(new DeviceId(DeviceTypes.NETWORK_CARD, DeviceId.VENDOR_QUMRANET))
        .offers(Features.of(FeatureBits.VIRTIO_F_VERSION_1, FeatureBits.VIRTIO_F_EVENT_IDX, VirtioNet.VIRTIO_NET_F_MAC,
            VirtioNet.VIRTIO_NET_F_STATUS, VirtioNet.VIRTIO_NET_F_MTU, VirtioNet.VIRTIO_NET_F_CTRL_VQ, VirtioNet.VIRTIO_NET_F_CTRL_RX,
            VirtioNet.VIRTIO_NET_F_MQ, VirtioNet.VIRTIO_NET_F_GUEST_TSO4))
        .has(VirtioNet.MAC, 0x665544332202L).has(VirtioNet.STATUS, 1).has(VirtioNet.MTU, 1500).queue(0, 64).queue(1, 64).queue(2, 16);
  }

  @Override
  protected FakeRegisters deviceWithoutQueues() {
    return device().queue(0, 0).queue(1, 0).queue(2, 0);
  }
}
