package virtio.host.pci;

import java.util.Map;
import org.junit.jupiter.api.Timeout;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.Slot;
import virtio.testkit.ChannelContract;
import virtio.testkit.ChannelPair;

/** The contract of channels over the byte ports: the left end is the driver's, the right end the device's. */
@Timeout(120)
class PortsOverMachineTest extends ChannelContract {
  @Override
  protected ChannelPair connect() {
    BothEnds ends = new BothEnds();
    Slot slot = ends.host.plug("device", Map.of());
    Channel right = slot.channel();
    slot.announce();
    BusDevice device = ends.held(slot);
    Channel left = device.channel();
    return new ChannelPair() {
      @Override
      public Channel left() {
        return left;
      }

      @Override
      public Channel right() {
        return right;
      }

      /** A driver that goes is followed by another, of whom the device knows nothing. */
      @Override
      public boolean leftGoes() {
        return false;
      }

      @Override
      public boolean rightGoes() {
        slot.close();
        return true;
      }

      @Override
      public void close() {
        slot.close();
        ends.close();
      }
    };
  }
}
