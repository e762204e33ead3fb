package virtio.transport.pci;

import virtio.bus.Window;
import virtio.bus.spec.Pci;

/** A function that is neither virtio nor a bridge: left as it is. */
record OtherFunction(PciAddress address, Window config, long ids) implements PciNode {
  @Override
  public boolean remains() {
    return config.read(Pci.VENDOR_ID, 4) == ids;
  }

  @Override
  public Need need(Space space) {
    return Need.NONE;
  }

  @Override
  public void place() {
    // It has no driver here.
  }

  @Override
  public void leave() {
    // We gave it nothing.
  }
}
