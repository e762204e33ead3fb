package virtio.ring.socket;

import virtio.bus.Chain;
import virtio.bus.Violation;
import virtio.bus.Virtqueue;

/**
 * The driver's half of a queue over a channel, as its owner sees it; what goes over the wire is {@link DriverEnd}'s.
 *
 * <p>A chain goes as bytes: the device sees how much there is to read and to write, not in how many parts. A chain may have as many parts
 * as the queue has buffers, and as many readable, and writable, bytes as {@link Sizes#largest} says and the device agrees to: TOO_LONG beyond.
 *
 * <p>{@link #detach} of a buffer that the device has gives the memory back at once, as only this half ever writes it; the device may have
 * done what the buffer asked for, or may still do it. It is false for the moment in which another thread copies a frame of that buffer.
 *
 * <p>Progress: every operation is bounded, {@link #detach} by the size of the queue, {@link #sync} and {@link #get} by what one thread
 * moves at a time.
 */
final class SocketVirtqueue extends Virtqueue {
  private final Buffers buffers;
  private final Pump pump;
  private final Standing standing;
  private final int largestWritable;
  private volatile int largestReadable;
  private boolean live;
  private long written;

  /** @param largest the most readable, and writable, bytes, until the device says less */
  SocketVirtqueue(int index, int size, int largest, Buffers buffers, Pump pump, Standing standing, Callback callback) {
    super(index, size, callback);
    this.buffers = buffers;
    this.pump = pump;
    this.standing = standing;
    largestWritable = largest;
    largestReadable = largest;
  }

  @Override
  public Added add(Chain chain, Object token) {
    int parts = chain.parts();
    if (token == null || parts == 0) {
      throw new IllegalArgumentException("queue=" + index() + " token=" + token + " parts=" + parts);
    }
    assert enter();
    Added added;
    if (!isSound()) {
      added = isStopped() ? Added.STOPPED : Added.BROKEN;
    } else if (parts > size() || chain.readableBytes() > largestReadable || chain.writableBytes() > largestWritable) {
      added = Added.TOO_LONG;
    } else {
      added = buffers.add(chain, token) ? Added.OK : Added.FULL;
    }
    assert leave();
    return added;
  }

  @Override
  public void sync() {
    assert enter();
    if (isSound() && buffers.outgoing.unpublished() != 0) {
      published += buffers.sync();
      if (live) {
        pump.run();
      }
    }
    assert leave();
  }

  @Override
  public Object get() {
    assert enter();
    Object token = isSound() && (!buffers.used.isEmpty() || look()) ? next() : null;
    assert leave();
    return token;
  }

  private boolean look() {
    if (!live) {
      return false;
    }
    pump.run();
    return isSound() && !buffers.used.isEmpty();
  }

  private Object next() {
    written = buffers.written();
    taken++;
    return buffers.take();
  }

  @Override
  public long written() {
    return written;
  }

  @Override
  public boolean detach(Object token) {
    if (token == null) {
      return false;
    }
    assert enter();
    boolean found;
    if (isStopped()) {
      found = buffers.forget(token);
    } else {
      int before = buffers.cancelled();
      found = isSound() && buffers.detach(token);
      if (before != buffers.cancelled()) {
        pump.run();
      }
    }
    assert leave();
    return found;
  }

  private boolean isStopped() {
    State state = state();
    return state == State.STOPPED || state == State.QUARANTINED;
  }

  /** Well; a fault that the pump has met breaks the queue here, on its owner's stack, or on the dispatcher, once. */
  private boolean isSound() {
    if (standing.isFaulty()) {
      tellFault();
      return false;
    }
    return well;
  }

  void tellFault() {
    Violation cause = standing.untold();
    if (cause != null) {
      fail(cause);
    }
  }

  /** The device takes less than was thought. */
  void largestReadable(int bytes) {
    largestReadable = Math.min(bytes, largestReadable);
  }

  @Override
  protected void opened() {
    live = true;
  }

  @Override
  protected int ask() {
    int from = buffers.used.position();
    standing.ask(true);
    return from;
  }

  @Override
  protected void mute() {
    standing.ask(false);
  }

  @Override
  protected boolean pending(int from) {
    return buffers.used.end() != from;
  }

  /** DRIVER_OK. */
  void begin() {
    start();
  }

  /** The reset is over. */
  void end(boolean confirmed) {
    stop(confirmed);
  }
}
