package virtio.pipe.port;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.util.function.BooleanSupplier;
import virtio.pipe.PipeDevice;
import virtio.pipe.PipeException;

/** A pipe as a channel. Any thread. */
final class PipeChannel implements ByteChannel {
  private final Life life;
  private final BooleanSupplier abandoned = () -> this.closed;
  private volatile boolean closed;

  PipeChannel(Life life) {
    this.life = life;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    requireOpen();
    MemorySegment segment = MemorySegment.ofBuffer(into);
    long count = life.read(segment, 0, segment.byteSize(), abandoned);
    if (count == PipeDevice.END) {
      return -1;
    } else if (count == 0 && into.hasRemaining()) {
      throw new AsynchronousCloseException();
    }
    into.position(into.position() + (int) count);
    return (int) count;
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    requireOpen();
    MemorySegment segment = MemorySegment.ofBuffer(from);
    int start = from.position();
    long done = 0;
    try {
      done = life.write(segment, 0, segment.byteSize(), abandoned);
    } catch (PipeException e) {
      done = e.transferred();
      throw e;
    } catch (InterruptedIOException e) {
      done = e.bytesTransferred;
      throw e;
    } finally {
      from.position(start + (int) done);
    }
    if (from.hasRemaining()) {
      throw new AsynchronousCloseException();
    }
    return (int) done;
  }

  private void requireOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  @Override
  public void close() {
    closed = true;
    life.moved();
  }
}
