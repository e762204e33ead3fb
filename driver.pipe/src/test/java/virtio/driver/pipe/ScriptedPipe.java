package virtio.driver.pipe;

import virtio.bus.Channel;
import virtio.bus.Field;
import virtio.bus.spec.DeviceTypes;
import virtio.bus.spec.VirtioPipe;
import virtio.testkit.fake.ScriptedDevice;
import virtio.testkit.fake.ScriptedQueue;

/** A pipe that a test plays: over its queues, or over a channel. */
final class ScriptedPipe extends ScriptedDevice<ScriptedPipe> {
  private final Channel channel;
  private Runnable whenHeld = () -> {};

  ScriptedPipe(int size, Channel channel) {
    super(DeviceTypes.PIPE, size);
    this.channel = channel;
    with(VirtioPipe.IDENTITY, 7).with(VirtioPipe.SENT, 1000).with(VirtioPipe.TAKEN, 2000);
  }

  @Override
  protected ScriptedPipe self() {
    return this;
  }

  /** What the device does when HOLD is written. */
  ScriptedPipe whenHeld(Runnable action) {
    whenHeld = action;
    return this;
  }

  ScriptedQueue receive() {
    return made(VirtioPipe.RECEIVEQ);
  }

  ScriptedQueue transmit() {
    return made(VirtioPipe.TRANSMITQ);
  }

  @Override
  public void write(Field field, long value) {
    if (!field.equals(VirtioPipe.HOLD)) {
      throw new AssertionError("field=" + field.name());
    }
    whenHeld.run();
  }

  @Override
  public Channel channel() {
    return channel;
  }
}
