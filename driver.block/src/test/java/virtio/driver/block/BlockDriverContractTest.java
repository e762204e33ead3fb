package virtio.driver.block;

import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.VirtioDriver;
import virtio.bus.spec.DeviceTypes;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.DriverContract;
import virtio.testkit.fake.FakeRegisters;

/** The block driver keeps what every driver must. */
class BlockDriverContractTest extends DriverContract {
  @Override
  protected VirtioDriver<?> driver() {
    return new BlockDriver();
  }

  @Override
  protected Object port() {
    return new HeardPort();
  }

  @Override
  protected FakeRegisters device() {
    return new FakeRegisters(new DeviceId(DeviceTypes.BLOCK_DEVICE, DeviceId.VENDOR_QUMRANET))
        .offers(Features.of(FeatureBits.VIRTIO_F_VERSION_1, FeatureBits.VIRTIO_F_EVENT_IDX, VirtioBlk.VIRTIO_BLK_F_SEG_MAX,
            VirtioBlk.VIRTIO_BLK_F_BLK_SIZE, VirtioBlk.VIRTIO_BLK_F_FLUSH, VirtioBlk.VIRTIO_BLK_F_MQ))
        .has(VirtioBlk.CAPACITY, 2048).has(VirtioBlk.SEG_MAX, 14).has(VirtioBlk.BLK_SIZE, 512).queue(0, 64);
  }

  @Override
  protected FakeRegisters deviceWithoutQueues() {
    return device().queue(0, 0);
  }
}
