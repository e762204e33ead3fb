package virtio.driver.pipe;

import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.VirtioDriver;
import virtio.bus.spec.DeviceTypes;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioPipe;
import virtio.testkit.DriverContract;
import virtio.testkit.fake.FakeRegisters;

/** The pipe driver keeps what every driver must. */
class PipeDriverContractTest extends DriverContract {
  @Override
  protected VirtioDriver<?> driver() {
    return new PipeDriver();
  }

  @Override
  protected Object port() {
    return new HeardPort(false).begins();
  }

  @Override
  protected FakeRegisters device() {
    return new FakeRegisters(new DeviceId(DeviceTypes.PIPE, DeviceId.VENDOR_QUMRANET))
        .offers(Features.of(FeatureBits.VIRTIO_F_VERSION_1, FeatureBits.VIRTIO_F_EVENT_IDX, 0, 5))
        .has(VirtioPipe.IDENTITY, 7).has(VirtioPipe.SENT, 0).has(VirtioPipe.TAKEN, 0).queue(0, 32).queue(1, 32);
  }

  @Override
  protected FakeRegisters deviceWithoutQueues() {
    return device().queue(1, 0);
  }
}
