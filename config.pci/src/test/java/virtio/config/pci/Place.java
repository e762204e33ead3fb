package virtio.config.pci;

import java.util.concurrent.Executor;
import virtio.bus.AddressSpace;
import virtio.bus.Channel;
import virtio.bus.DmaMemory;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Store;
import virtio.bus.Window;

/** A number on the root bus: all that a fake function needs. */
record Place(PciRig rig, int number) implements Slot {
  @Override
  public String name() {
    return "p0/" + number;
  }

  @Override
  public void announce() {
    // It is found when somebody looks.
  }

  @Override
  public void close() {
    rig.machine.root().unplug(number);
  }

  @Override
  public void window(String name, Window registers) {
    throw new UnsupportedOperationException();
  }

  @Override
  public DmaMemory place(String name, long bytes) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Store store() {
    return null;
  }

  @Override
  public Line line() {
    return null;
  }

  @Override
  public Registration doorbell(long argument, Runnable rung) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Executor executor() {
    return Runnable::run;
  }

  @Override
  public AddressSpace memory() {
    return rig.machine.memory();
  }

  @Override
  public Channel channel() {
    return null;
  }
}
