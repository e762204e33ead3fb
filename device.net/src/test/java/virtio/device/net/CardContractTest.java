package virtio.device.net;

import virtio.bus.DeviceModel;
import virtio.bus.DeviceQueue;
import virtio.bus.spec.VirtioNet;
import virtio.testkit.DeviceModelContract;

/** The network card keeps what every model must. */
class CardContractTest extends DeviceModelContract {
  private final NetworkCard card = new NetworkCard("net0", new CardState(2, 1500, 10_000, true), 256);

  @Override
  protected DeviceModel model() {
    return card;
  }

  @Override
  protected boolean keeps(DeviceQueue queue) {
    return queue.index() == VirtioNet.RECEIVEQ;
  }
}
