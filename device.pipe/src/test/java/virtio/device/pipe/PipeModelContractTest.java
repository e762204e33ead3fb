package virtio.device.pipe;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import virtio.bus.DeviceModel;
import virtio.bus.DeviceQueue;
import virtio.bus.spec.VirtioPipe;
import virtio.testkit.DeviceModelContract;

/** The pipe keeps what every model must; its other end swallows all. */
class PipeModelContractTest extends DeviceModelContract {
  private final ByteRing fromDriver = new ByteRing();
  private PipeModel model;

  @Override
  protected DeviceModel model() {
    model = new PipeModel(new ByteRing(), fromDriver, this::swallow, 32);
    return model;
  }

  private void swallow() {
    try {
      fromDriver.drain(new Sink());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static final class Sink implements WritableByteChannel {
    @Override
    public int write(ByteBuffer from) {
      int bytes = from.remaining();
      from.position(from.limit());
      return bytes;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  /** Receive buffers wait for bytes; but what has been taken of the others has come back. */
  @Override
  protected boolean keeps(DeviceQueue queue) {
    return queue.index() == VirtioPipe.RECEIVEQ;
  }
}
