package virtio.testkit.fake;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import virtio.bus.Channel;
import virtio.bus.Registration;

/**
 * One end of a channel in memory, made in pairs: a stream or messages, as narrow as a test likes, whose every short count, refusal, delay
 * and end is a test's to decide. Any thread.
 */
public final class FakeChannel implements Channel {
  private final FakeLane in;
  private final FakeLane out;
  private final int maxMessage;
  private final Executor tasks;
  private final List<Handler> handlers = new CopyOnWriteArrayList<>();
  private final Runnable fire = this::fire;
  private FakeChannel peer;
  private long most = Long.MAX_VALUE;
  private boolean readBlocked;
  private boolean writeBlocked;
  private boolean readArmed;
  private boolean writeArmed;
  private volatile Runnable meanwhile = () -> { };

  /**
   * The two ends.
   *
   * @param driver the driver's
   * @param device the device's
   */
  public record Pair(FakeChannel driver, FakeChannel device) {}

  private FakeChannel(FakeLane in, FakeLane out, int maxMessage, Executor tasks) {
    this.in = in;
    this.out = out;
    this.maxMessage = maxMessage;
    this.tasks = tasks;
  }

  /**
   * A stream.
   *
   * @param capacity how many bytes may be under way in each direction
   * @param tasks where {@link #ready} fires
   */
  public static Pair stream(int capacity, Executor tasks) {
    return pair(new FakeLane(capacity, 0), new FakeLane(capacity, 0), 0, tasks);
  }

  /**
   * A channel of messages.
   *
   * @param maxMessage the longest
   * @param messages how many may be under way in each direction
   */
  public static Pair messages(int maxMessage, int messages, Executor tasks) {
    return pair(new FakeLane(maxMessage * messages, messages), new FakeLane(maxMessage * messages, messages), maxMessage, tasks);
  }

  private static Pair pair(FakeLane down, FakeLane up, int maxMessage, Executor tasks) {
    FakeChannel driver = new FakeChannel(up, down, maxMessage, tasks);
    FakeChannel device = new FakeChannel(down, up, maxMessage, tasks);
    driver.peer = device;
    device.peer = driver;
    return new Pair(driver, device);
  }

  @Override
  public long transfer(MemorySegment memory, long offset, long length, Direction direction) {
    if (length < 1 || offset < 0 || length > memory.byteSize() - offset) {
      throw new IllegalArgumentException("offset=" + offset + " length=" + length + " (1 or more, inside " + memory.byteSize() + ")");
    }
    if (maxMessage > 0 && (direction == Direction.READ ? length < maxMessage : length > maxMessage)) {
      throw new IllegalArgumentException("length=" + length + " (READ at least, WRITE up to " + maxMessage + ")");
    }
    meanwhile.run();
    return direction == Direction.READ ? read(memory, offset, length) : write(memory, offset, length);
  }

  private long read(MemorySegment memory, long offset, long length) {
    long moved;
    synchronized (in) {
      if (in.isCut()) {
        return GONE;
      }
      moved = readBlocked ? 0 : in.read(memory, offset, Math.min(length, maxMessage == 0 ? most : length));
      if (moved == 0 && in.isEnded()) {
        return GONE;
      }
      readArmed |= moved == 0;
    }
    if (moved > 0) {
      peer.writable();
    }
    return moved;
  }

  private long write(MemorySegment memory, long offset, long length) {
    long moved;
    synchronized (out) {
      if (out.isCut() || out.isEnded()) {
        return GONE;
      }
      moved = writeBlocked ? 0 : out.write(memory, offset, Math.min(length, maxMessage == 0 ? most : length));
      writeArmed |= moved == 0;
    }
    if (moved > 0) {
      peer.readable();
    }
    return moved;
  }

  private void readable() {
    synchronized (in) {
      if (!readArmed || readBlocked || !in.readable()) {
        return;
      }
      readArmed = false;
    }
    tasks.execute(fire);
  }

  private void writable() {
    synchronized (out) {
      if (!writeArmed || writeBlocked) {
        return;
      }
      writeArmed = false;
    }
    tasks.execute(fire);
  }

  private void fire() {
    for (Handler handler : handlers) {
      handler.call();
    }
  }

  @Override
  public Registration ready(Runnable moved) {
    Handler handler = new Handler(moved);
    handlers.add(handler);
    return handler;
  }

  /** Its monitor is held while it runs: so closing waits, but not for oneself. */
  private final class Handler implements Registration {
    private final Runnable moved;
    private boolean closed;

    private Handler(Runnable moved) {
      this.moved = moved;
    }

    private synchronized void call() {
      if (!closed) {
        moved.run();
      }
    }

    @Override
    public synchronized void close() {
      closed = true;
      handlers.remove(this);
    }
  }

  @Override
  public int maxMessage() {
    return maxMessage;
  }

  // The test's hand.

  /** Of a stream: from now on no transfer of this end moves more. */
  public void most(long bytes) {
    most = bytes;
  }

  /** From now on this end moves nothing in that direction; or, blocked no more, does again, and says so. */
  public void block(Direction direction, boolean blocked) {
    if (direction == Direction.READ) {
      readBlocked = blocked;
      readable();
    } else {
      writeBlocked = blocked;
      writable();
    }
  }

  /** From now on what this end writes is under way until {@link #arrive}. */
  public void delay() {
    synchronized (out) {
      out.delay();
    }
  }

  /** Lets so many bytes, or messages, that this end wrote arrive, or as many as there are. @return how many */
  public long arrive(long most) {
    long arrived;
    synchronized (out) {
      arrived = out.arrive(most);
    }
    if (arrived > 0) {
      peer.readable();
    }
    return arrived;
  }

  /** Bytes, or messages, that this end wrote and that have not arrived. */
  public long underWay() {
    synchronized (out) {
      return out.underWay();
    }
  }

  /** This end is closed: the other reads what was written, and then is told. */
  public void end() {
    in.cut();
    out.end();
    peer.tell();
  }

  /** The channel is gone, from one moment to the next, for both. */
  public void lose() {
    in.cut();
    out.cut();
    tell();
    peer.tell();
  }

  private void tell() {
    tasks.execute(fire);
  }

  /** Runs on the stack of each transfer of this end, from now on. */
  public void meanwhile(Runnable action) {
    meanwhile = action;
  }

  /** Writes as a peer would who is not one of ours: all of it, or an IllegalStateException. */
  public void write(byte... bytes) {
    MemorySegment segment = MemorySegment.ofArray(bytes);
    for (long at = 0; at < bytes.length; ) {
      long moved = write(segment, at, bytes.length - at);
      if (moved <= 0) {
        throw new IllegalStateException("written=" + at + " of " + bytes.length);
      }
      at += moved;
    }
  }

  /** All that can be read now, one message after the other. */
  public byte[] read() {
    MemorySegment all = MemorySegment.ofArray(new byte[in.capacity()]);
    long at = 0;
    for (long moved = read(all, 0, all.byteSize()); moved > 0; moved = read(all, at, all.byteSize() - at)) {
      at += moved;
    }
    return all.asSlice(0, at).toArray(ValueLayout.JAVA_BYTE);
  }
}
