package virtio.host.lguest;

import java.util.Map;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.DeviceId;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.config.lguest.LguestConfig;
import virtio.testkit.ChannelContract;
import virtio.testkit.ChannelPair;
import virtio.testkit.fake.FakeRegisters;

/** The contract of channels over SEND_DMA and BIND_DMA: left is the driver's end, right the device's. */
class ChannelOverMachineTest extends ChannelContract {
  @Override
  protected ChannelPair connect() {
    BothEnds ends = new BothEnds();
    Slot slot = ends.host.plug("channel0", Map.of());
    new LguestConfig().expose(new FakeRegisters(new DeviceId(2, DeviceId.VENDOR_QUMRANET)).queue(0, 4), slot);
    slot.announce();
    BusDevice device = ends.find(slot);
    Registration claim = device.claim();
    Channel left = device.channel();
    Channel right = slot.channel();
    return new ChannelPair() {
      @Override
      public Channel left() {
        return left;
      }

      @Override
      public Channel right() {
        return right;
      }

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
        claim.close();
        ends.close();
      }
    };
  }
}
