package virtio.config.pci;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.Slot;
import virtio.testkit.ConfigHandlerContract;

/** The config handler's contract, with the transport between the halves. */
@Timeout(60)
class ConfigOverPciTest extends ConfigHandlerContract {
  private final PciRig rig = new PciRig();
  /** After the contract has taken its device away. */
  @RegisterExtension
  final AfterEachCallback last = context -> rig.close();
  private final Map<Slot, Integer> places = new HashMap<>();

  @Override
  protected ConfigHandler handler() {
    return new PciConfig();
  }

  @Override
  protected Slot plug() {
    int place = 2 + places.size();
    Slot slot = rig.slot(place).vectors(3);
    places.put(slot, place);
    return slot;
  }

  @Override
  protected BusDevice find(Slot announced) {
    return rig.find(places.get(announced));
  }
}
