package virtio.config.fixed;

import virtio.bus.BusDevice;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.RingAreas;
import virtio.bus.Window;

/** A device that nobody but us has described: what is written stays here. */
final class ManufacturedHalf extends DriverHalf {
  private volatile int status;

  ManufacturedHalf(BusDevice device, Window bytes) {
    super(device, bytes);
    if (bytes.read(Bytes256.ASKING_SIZE, 1) != 0) {
      close();
      throw new IllegalStateException(device.name() + ": manufactured, with a configuration queue: nobody would write its answers down");
    }
  }

  @Override
  public void accept(Features accepted) {
    if (!offered().holds(accepted)) {
      throw new IllegalArgumentException("accepted=" + accepted + "; allowed: " + offered());
    }
  }

  @Override
  public int status() {
    return status;
  }

  @Override
  public void status(int bits) {
    status = bits;
  }

  @Override
  public void write(Field field, long value) {
    throw new IllegalStateException(device.name() + ": field=" + field.name() + ": read-only, there is no configuration queue");
  }

  @Override
  public void enable(int index, int size, RingAreas made) {
    if (known(index) == null || !made.equals(RingAreas.NONE)) {
      throw new IllegalArgumentException("queue=" + index + " areas=" + made + "; allowed: queues that share no memory, of which it has "
          + (known(index) == null ? "no such one" : "this"));
    }
  }
}
