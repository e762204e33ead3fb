package virtio.bus.machine;

import java.util.function.BooleanSupplier;
import virtio.bus.Signal;
import virtio.bus.Window;

/** Registers of a device, as long as it is there; all ones afterwards. Any thread. */
public final class LivingWindow implements Window {
  private final Window there;
  private final BooleanSupplier gone;

  /** @param gone whether the device is not there any more */
  public LivingWindow(Window there, BooleanSupplier gone) {
    this.there = there;
    this.gone = gone;
  }

  @Override
  public long size() {
    return there.size();
  }

  @Override
  public long read(long offset, int width) {
    return gone.getAsBoolean() ? AllOnes.of(width) : there.read(offset, width);
  }

  @Override
  public void write(long offset, int width, long value) {
    if (!gone.getAsBoolean()) {
      there.write(offset, width, value);
    }
  }

  @Override
  public void post(long offset, int width, long value) {
    if (!gone.getAsBoolean()) {
      there.post(offset, width, value);
    }
  }

  @Override
  public Signal doorbell(long offset, int width, long value) {
    Signal doorbell = there.doorbell(offset, width, value);
    return position -> {
      if (!gone.getAsBoolean()) {
        doorbell.raise(position);
      }
    };
  }
}
