package virtio.driver.pipe;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import virtio.bus.Channel;
import virtio.bus.Channel.Direction;
import virtio.bus.Failure;
import virtio.bus.Registration;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver.Attached;
import virtio.pipe.Pipe;
import virtio.pipe.PipePort;

/**
 * A bound pipe without a ring: the bytes on the channel are the bytes of the pipe, and nothing else. On a message channel a message is just
 * a piece of the stream, kept here while a reader has taken only its beginning. One lock each way, as a channel wants it.
 *
 * <p>Source: {@code virt_pipe_read} of the sketch "virt_example.c"
 */
final class RawPipe implements Attached, Pipe {
  private final VirtioDevice device;
  private final PipePort port;
  private final Channel channel;
  private final Registration ready;
  private final ReentrantLock reading = new ReentrantLock();
  private final ReentrantLock writing = new ReentrantLock();
  /** The message that is being read; null on a stream. */
  private final MemorySegment message;
  private long messageAt;
  private long messageEnd;
  private long received;
  private long taken;
  private boolean stopped;
  private boolean closed;
  private boolean removed;

  private RawPipe(VirtioDevice device, Channel channel, PipePort port) {
    this.device = device;
    this.port = port;
    this.channel = channel;
    this.message = channel.maxMessage() == 0 ? null : Arena.ofAuto().allocate(channel.maxMessage());
    this.ready = channel.ready(() -> port.moved(this));
  }

  /** To DRIVER_OK, without a queue. */
  static RawPipe bind(VirtioDevice device, PipePort port) {
    Channel channel = device.channel();
    if (channel == null) {
      throw new IllegalStateException("raw=true: the bus has no transfer on " + device.name());
    }
    RawPipe pipe = new RawPipe(device, channel, port);
    boolean bound = false;
    try {
      device.ready();
      bound = true;
    } finally {
      if (!bound) {
        pipe.ready.close();
      }
    }
    port.up(pipe);
    return pipe;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public Position position() {
    return null;
  }

  /** What nobody reads waits in the channel. */
  @Override
  public void begin() {}

  @Override
  public long read(MemorySegment into, long offset, long bytes) {
    reading.lock();
    try {
      long moved = closed ? 0 : message == null ? channel.transfer(into, offset, bytes, Direction.READ) : piece(into, offset, bytes);
      if (moved > 0) {
        received += moved;
      }
      return moved < 0 ? GONE : moved;
    } finally {
      reading.unlock();
    }
  }

  private long piece(MemorySegment into, long offset, long bytes) {
    if (messageAt == messageEnd) {
      long came = channel.transfer(message, 0, message.byteSize(), Direction.READ);
      if (came <= 0) {
        return came;
      }
      messageAt = 0;
      messageEnd = came;
    }
    long step = Math.min(bytes, messageEnd - messageAt);
    MemorySegment.copy(message, messageAt, into, offset, step);
    messageAt += step;
    return step;
  }

  @Override
  public long write(MemorySegment from, long offset, long bytes) {
    writing.lock();
    try {
      long most = message == null ? bytes : Math.min(bytes, message.byteSize());
      long moved = stopped ? 0 : channel.transfer(from, offset, most, Direction.WRITE);
      if (moved > 0) {
        taken += moved;
      }
      return moved < 0 ? GONE : moved;
    } finally {
      writing.unlock();
    }
  }

  /** What the channel took has gone. */
  @Override
  public long pending() {
    return 0;
  }

  @Override
  public long received() {
    reading.lock();
    try {
      return received + messageEnd - messageAt;
    } finally {
      reading.unlock();
    }
  }

  /** Nothing is on its way here: what has not been read waits in the channel. */
  @Override
  public boolean drain(long nanos) {
    writing.lock();
    try {
      stopped = true;
      return true;
    } finally {
      writing.unlock();
    }
  }

  /** Nothing is read from here on. @return bytes that have come since it was bound */
  private long close() {
    reading.lock();
    try {
      closed = true;
      return received + messageEnd - messageAt;
    } finally {
      reading.unlock();
    }
  }

  @Override
  public void configChanged() {
    // a channel has no fields
  }

  @Override
  public void failed(Failure cause) {
    port.failed(this, cause);
  }

  @Override
  public void remove() {
    if (removed) {
      return;
    }
    removed = true;
    drain(0);
    ready.close();
    long all = close();
    if (messageAt < messageEnd) {
      port.left(this, message.asSlice(messageAt, messageEnd - messageAt));
    }
    device.reset();
    port.down(this, all, taken, 0);
  }
}
