package virtio.host.pci;

import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.Slot;
import virtio.config.fixed.FixedConfig;
import virtio.testkit.ConfigHandlerContract;

/** 256 bytes as plain memory in a region, over the real bus: nobody but the host writes them. */
@Timeout(60)
class FixedOverMachineTest extends ConfigHandlerContract {
  private final BothEnds ends = new BothEnds();
  /** After the contract has taken its device away. */
  @RegisterExtension
  final AfterEachCallback last = context -> ends.close();
  private final FixedConfig handler = new FixedConfig();

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
    return ends.held(announced);
  }
}
