package virtio.host.lguest;

import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.Slot;
import virtio.config.tlv.TlvConfig;
import virtio.config.tlv.TlvLayout;
import virtio.testkit.ConfigHandlerContract;

/** The contract of {@code config.tlv} over the real bus, where the stream was in 2007: entry, hypercalls, interrupts. */
@Timeout(30)
class TlvOverMachineTest extends ConfigHandlerContract {
  private final BothEnds ends = new BothEnds(Layout.TLV, new TlvLayout());
  /** After the contract has taken its device away. */
  @RegisterExtension
  final AfterEachCallback last = context -> ends.close();
  private final TlvConfig handler = new TlvConfig();

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
