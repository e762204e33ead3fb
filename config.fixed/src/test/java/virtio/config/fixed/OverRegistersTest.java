package virtio.config.fixed;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.Slot;
import virtio.testkit.ConfigHandlerContract;
import virtio.testkit.fake.FakeMachine;

/** The contract with the 256 bytes as registers. */
class OverRegistersTest extends ConfigHandlerContract {
  private final FakeMachine machine = new FakeMachine("f0").registersOnly();
  private final FixedConfig handler = new FixedConfig();

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

  @AfterEach
  void end() {
    machine.close();
  }
}
