package virtio.host.lguest;

import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.Slot;
import virtio.config.fixed.FixedConfig;
import virtio.config.fixed.FixedLayout;
import virtio.testkit.ConfigHandlerContract;

/** The contract of {@code config.fixed} over the real bus: its 256 bytes are an entry. */
@Timeout(30)
class FixedOverMachineTest extends ConfigHandlerContract {
  private final BothEnds ends = new BothEnds(Layout.FIXED, new FixedLayout());
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
    return ends.find(announced);
  }
}
