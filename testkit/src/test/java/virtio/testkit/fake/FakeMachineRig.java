package virtio.testkit.fake;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.Slot;
import virtio.testkit.ConfigHandlerContract;

/** The contract on a {@link FakeMachine}, for the handler it is made with. */
abstract class FakeMachineRig extends ConfigHandlerContract {
  private final FakeMachine machine = new FakeMachine("f0");
  private final ConfigHandler handler;

  FakeMachineRig(ConfigHandler handler) {
    this.handler = handler;
  }

  @Override
  protected ConfigHandler handler() {
    return handler;
  }

  @Override
  protected Slot plug() {
    return machine.plug("device", Map.of());
  }

  @Override
  protected BusDevice find(Slot announced) {
    return machine.device(announced);
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
