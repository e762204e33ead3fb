package virtio.config.mmio;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.Slot;
import virtio.testkit.ConfigHandlerContract;
import virtio.testkit.fake.FakeMachine;

/** The config handler's contract, on a bus that shows windows and has interrupts. */
@Timeout(60)
class ConfigOverWindowTest extends ConfigHandlerContract {
  private final FakeMachine machine = new FakeMachine("f0");

  @Override
  protected ConfigHandler handler() {
    return new MmioConfig();
  }

  @Override
  protected Slot plug() {
    return machine.plug("device", Map.of());
  }

  @Override
  protected BusDevice find(Slot announced) {
    return machine.device(announced);
  }

  @AfterEach
  void end() {
    machine.close();
  }
}
