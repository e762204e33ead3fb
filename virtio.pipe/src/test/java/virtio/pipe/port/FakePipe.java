package virtio.pipe.port;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import virtio.bus.Failure;
import virtio.pipe.Pipe;
import virtio.pipe.PipePort;
import virtio.testkit.fake.FakeBus;

/** A pipe that a test plays: what the device has given, what it takes, and how well it drains. */
final class FakePipe implements Pipe, FakeBus.Bound<PipePort> {
  final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final String name;
  private final Position position;
  private final Deque<Byte> given = new ArrayDeque<>();
  private long received;
  private long lost;
  private boolean drains = true;
  private boolean waits;
  private volatile long drained;
  private boolean begun;
  private boolean gone;
  private boolean up;
  private boolean raw;
  private PipePort port;

  FakePipe(String name, Position position) {
    this.name = name;
    this.position = position;
  }

  static FakePipe at(long sent, long taken) {
    return new FakePipe("m0/0", new Position(7, sent, taken));
  }

  static FakePipe raw() {
    return new FakePipe("m0/0", null);
  }

  FakePipe neverDrains() {
    drains = false;
    return this;
  }

  /** It does not drain, and takes all the time that it is given to find that out. */
  FakePipe waitsInVain() {
    drains = false;
    waits = true;
    return this;
  }

  /** How long it was given to drain; 0: it was never asked to. */
  long drained() {
    return drained;
  }

  synchronized boolean isUp() {
    return up;
  }

  /** So many of the bytes written are on the ring when it stops. */
  synchronized FakePipe loses(long bytes) {
    lost = bytes;
    return this;
  }

  synchronized boolean begun() {
    return begun;
  }

  /** What the port said when it was attached. */
  synchronized boolean boundRaw() {
    return raw;
  }

  @Override
  public void up(PipePort to) {
    synchronized (this) {
      port = to;
      raw = to.raw();
      up = true;
    }
    to.up(this);
  }

  /** The device gives bytes, and says so. */
  void give(int... bytes) {
    synchronized (this) {
      for (int each : bytes) {
        given.add((byte) each);
        received++;
      }
    }
    port.moved(this);
  }

  void hangUp() {
    synchronized (this) {
      gone = true;
    }
    port.moved(this);
  }

  void fail(Failure.Kind kind) {
    port.failed(this, new Failure(kind, "as a test wanted it"));
  }

  @Override
  public void remove() {
    byte[] rest;
    long took;
    synchronized (this) {
      if (!up) {
        return;
      }
      up = false;
      rest = new byte[given.size()];
      for (int i = 0; i < rest.length; i++) {
        rest[i] = given.remove();
      }
      took = written.size() - lost;
    }
    if (rest.length > 0) {
      port.left(this, MemorySegment.ofArray(rest));
    }
    port.down(this, received, took, lost);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Position position() {
    return position;
  }

  @Override
  public synchronized void begin() {
    begun = true;
  }

  @Override
  public synchronized long read(MemorySegment into, long offset, long bytes) {
    if (given.isEmpty()) {
      return gone ? GONE : 0;
    }
    long count = 0;
    while (count < bytes && !given.isEmpty()) {
      into.set(ValueLayout.JAVA_BYTE, offset + count++, given.remove());
    }
    return count;
  }

  @Override
  public synchronized long write(MemorySegment from, long offset, long bytes) {
    if (gone) {
      return GONE;
    }
    for (long i = 0; i < bytes; i++) {
      written.write(from.get(ValueLayout.JAVA_BYTE, offset + i));
    }
    return bytes;
  }

  @Override
  public long pending() {
    return 0;
  }

  @Override
  public synchronized long received() {
    return received;
  }

  @Override
  public boolean drain(long nanos) {
    drained = nanos;
    long end = System.nanoTime() + nanos;
    while (waits && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(this, end - System.nanoTime());
    }
    return drains;
  }
}
