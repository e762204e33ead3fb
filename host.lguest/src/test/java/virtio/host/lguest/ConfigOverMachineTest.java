package virtio.host.lguest;

import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.Slot;
import virtio.config.lguest.LguestConfig;
import virtio.testkit.ConfigHandlerContract;

/** The config handler's contract over the real bus: entry, hypercalls, interrupts. */
@Timeout(30)
class ConfigOverMachineTest extends ConfigHandlerContract {
  private final BothEnds ends = new BothEnds();
  /** After the contract has taken its device away. */
  @RegisterExtension
  final AfterEachCallback last = context -> ends.close();
  private final LguestConfig handler = new LguestConfig();

  @Override
  protected ConfigHandler handler() {
    return handler;
  }

  @Override
  protected Slot plug() {
    return ends.host.plug("disk0", Map.of());
  }

  @Override
  protected BusDevice find(Slot announced) {
    return ends.find(announced);
  }
}
