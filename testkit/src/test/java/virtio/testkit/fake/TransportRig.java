package virtio.testkit.fake;

import java.util.function.UnaryOperator;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import virtio.bus.Host;
import virtio.bus.Slot;
import virtio.bus.Transport;
import virtio.testkit.TransportContract;

/** The contract on a {@link FakeMachine}, as it is or with a fault. */
abstract class TransportRig extends TransportContract {
  private final FakeMachine machine = new FakeMachine("f0");
  private final Transport transport;

  TransportRig(UnaryOperator<Transport> fault) {
    transport = fault.apply(machine);
  }

  @Override
  protected Transport transport() {
    return transport;
  }

  @Override
  protected Host host() {
    return machine;
  }

  @Override
  protected void layOut(Slot slot) {}

  @Override
  protected long doorbellArgument(Slot slot) {
    return 0;
  }

  @Override
  protected Duration patience() {
    return getClass().getEnclosingClass() == null ? super.patience() : Duration.ofMillis(500);   // a broken one never does it
  }

  @AfterEach
  void end() {
    machine.close();
  }
}
