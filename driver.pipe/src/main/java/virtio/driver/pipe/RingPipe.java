package virtio.driver.pipe;

import static virtio.bus.spec.VirtioPipe.*;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;
import virtio.bus.Failure;
import virtio.bus.Queue;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver.Attached;
import virtio.bus.Virtqueue;
import virtio.pipe.Pipe;
import virtio.pipe.PipePort;

/** A bound pipe over two queues. */
final class RingPipe implements Attached, Pipe {
  private static final Logger LOG = System.getLogger("virtio.driver.pipe");
  /** How long {@link #drain} waits between two looks. */
  private static final long LOOK = 1_000_000;

  private final VirtioDevice device;
  private final PipePort port;
  private final Receiver receiver;
  private final Transmitter transmitter;
  private final Sizing.Area receiveArea;
  private final Sizing.Area transmitArea;
  private final Position position;
  private volatile boolean failed;
  private boolean removed;

  private RingPipe(VirtioDevice device, PipePort port, Virtqueue receive, Virtqueue transmit, Sizing sizing) {
    this.device = device;
    this.port = port;
    long[] read = device.read(IDENTITY, SENT, TAKEN);
    position = read[0] == 0 ? null : new Position(read[0], read[1], read[2]);
    receiveArea = sizing.allocate(device, receive.size());
    transmitArea = sizing.allocate(device, transmit.size());
    receiver = new Receiver(receive, receiveArea, this::empty);
    transmitter = new Transmitter(transmit, transmitArea);
  }

  /** To DRIVER_OK; what cannot work is an IllegalStateException that names it. */
  static RingPipe bind(VirtioDevice device, Sizing sizing, PipePort port) {
    RingPipe[] made = new RingPipe[1];   // a queue wants its callback before the pipe can have its queue; none runs before ready
    Queue.Callback moved = any -> {
      port.moved(made[0]);
      return false;   // whoever finds nothing to do asks for the next
    };
    Virtqueue receive = queue(device, RECEIVEQ, moved);
    Virtqueue transmit = queue(device, TRANSMITQ, moved);
    RingPipe pipe = new RingPipe(device, port, receive, transmit, sizing);
    made[0] = pipe;
    device.ready();
    port.up(pipe);
    return pipe;
  }

  private static Virtqueue queue(VirtioDevice device, int index, Queue.Callback moved) {
    Virtqueue queue = device.queue(index, moved);
    if (queue == null) {
      throw new IllegalStateException("queue " + index + ": none, or no memory for it");
    }
    return queue;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public Position position() {
    return position;
  }

  @Override
  public void begin() {
    receiver.fill();
  }

  @Override
  public long read(MemorySegment into, long offset, long bytes) {
    return receiver.read(into, offset, bytes);
  }

  @Override
  public long write(MemorySegment from, long offset, long bytes) {
    return transmitter.write(from, offset, bytes);
  }

  @Override
  public long pending() {
    return transmitter.pending();
  }

  @Override
  public long received() {
    return receiver.collect();
  }

  @Override
  public boolean drain(long nanos) {
    long end = System.nanoTime() + nanos;
    transmitter.stop();
    try {
      device.write(HOLD, 1);
      while (!failed) {
        long[] now = device.read(HOLD, SENT);
        if (now[0] == 1 && position != null && receiver.collect() == now[1] - position.sent() && transmitter.pending() == 0) {
          return true;
        }
        long left = end - System.nanoTime();
        if (left <= 0) {
          break;
        }
        LockSupport.parkNanos(this, Math.min(left, LOOK));
      }
    } catch (IllegalStateException e) {
      LOG.log(Level.WARNING, name() + ": not drained: " + e.getMessage());
    }
    return false;
  }

  /** A receive buffer came back with nothing in it: that is no pipe. */
  private void empty() {
    failed(new Failure(Failure.Kind.RING_BROKEN, "queue " + RECEIVEQ + ": a buffer was used without a byte in it"));
  }

  @Override
  public void configChanged() {
    // the positions change when the device stops or holds, and drain looks itself
  }

  @Override
  public void failed(Failure cause) {
    failed = true;
    port.failed(this, cause);
  }

  @Override
  public void remove() {
    if (removed) {
      return;
    }
    removed = true;
    failed = true;
    receiver.close();
    transmitter.close();   // no operation of a queue begins from here on, so the reset needs no lock
    device.reset();
    receiver.end(bytes -> port.left(this, bytes));
    transmitter.end();
    device.free(receiveArea.memory());
    device.free(transmitArea.memory());
    port.down(this, receiver.collect(), transmitter.taken(), transmitter.written() - transmitter.taken());
  }
}
