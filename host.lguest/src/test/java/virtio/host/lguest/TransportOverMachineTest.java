package virtio.host.lguest;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Host;
import virtio.bus.Slot;
import virtio.bus.Transport;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioBlk;
import virtio.config.lguest.LguestConfig;
import virtio.testkit.TransportContract;
import virtio.testkit.fake.FakeRegisters;

/** The transport's contract over a machine with both its ends. */
@Timeout(60)
class TransportOverMachineTest extends TransportContract {
  private final BothEnds ends = new BothEnds();
  /** After the contract has taken its devices away. */
  @RegisterExtension
  final AfterEachCallback last = context -> ends.close();

  @Override
  protected Transport transport() {
    return ends.transport;
  }

  @Override
  protected Host host() {
    return ends.host;
  }

  @Override
  protected void layOut(Slot slot) {
    FakeRegisters device = new FakeRegisters(new DeviceId(2, DeviceId.VENDOR_QUMRANET)).offers(Features.of(FeatureBits.VIRTIO_F_VERSION_1))
        .has(VirtioBlk.CAPACITY, 8).queue(0, 64);
    new LguestConfig().expose(device, slot);
  }

  /** A page of the host's that no ring uses. */
  @Override
  protected long doorbellArgument(Slot slot) {
    return ends.memory.end() - MachineMemory.PAGE;
  }
}
