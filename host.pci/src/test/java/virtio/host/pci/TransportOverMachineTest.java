package virtio.host.pci;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import virtio.bus.Host;
import virtio.bus.Slot;
import virtio.bus.Transport;
import virtio.testkit.TransportContract;

/** The contract of {@code transport.pci} over a machine with both its ends. */
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

  /** Any function is a device on this bus. */
  @Override
  protected void layOut(Slot slot) {
    slot.place("stream", 64);
  }

  @Override
  protected long doorbellArgument(Slot slot) {
    return 0x8000_0001L;
  }
}
