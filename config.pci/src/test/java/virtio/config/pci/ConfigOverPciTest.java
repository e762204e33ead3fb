package virtio.config.pci;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.RegisterExtension;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.testkit.ConfigHandlerContract;

/** The config handler's contract for the half that is there: the other is a fake function's. */
@Timeout(60)
class ConfigOverPciTest extends ConfigHandlerContract {
  private final PciRig rig = new PciRig();
  /** After the contract has taken its device away. */
  @RegisterExtension
  final AfterEachCallback last = context -> rig.close();
  private int places = 1;

  @Override
  protected ConfigHandler handler() {
    return new FakeExposure(rig);
  }

  @Override
  protected Slot plug() {
    return new Place(rig, ++places);
  }

  @Override
  protected BusDevice find(Slot announced) {
    return rig.find(((Place) announced).number());
  }

  /** The handler under test, whose devices a fake shows. */
  private record FakeExposure(PciRig rig) implements ConfigHandler {
    private static final PciConfig UNDER_TEST = new PciConfig();

    @Override
    public String lacks(BusDevice device) {
      return UNDER_TEST.lacks(device);
    }

    @Override
    public DeviceId identify(BusDevice device) {
      return UNDER_TEST.identify(device);
    }

    @Override
    public DeviceConfig open(BusDevice device) {
      return UNDER_TEST.open(device);
    }

    @Override
    public Registration expose(DeviceConfig device, Slot slot) {
      rig.function(((Place) slot).number(), PciRig.BLOCK, device).vectors(3).modern();
      return () -> device.listener(null);
    }
  }
}
