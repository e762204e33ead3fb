package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import virtio.bus.Channel;
import virtio.bus.Channel.Direction;
import virtio.bus.Registration;

/**
 * One end of a channel, as a ring uses it: moves what it can, and after a 0 waits until it is told. One thread may write while another
 * reads.
 */
final class ChannelEnd implements AutoCloseable {
  private static final int MOST = 1 << 17;

  private final Channel channel;
  private final Duration patience;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment outgoing = arena.allocate(MOST, 8);
  private final MemorySegment incoming = arena.allocate(MOST, 8);
  private final ThreadLocal<Boolean> inside = ThreadLocal.withInitial(() -> false);
  private final Registration told;
  private long calls;
  private volatile boolean calledInside;

  ChannelEnd(Channel channel, Duration patience) {
    this.channel = channel;
    this.patience = patience;
    assertThat(channel.maxMessage()).as("maxMessage").isBetween(0, MOST);
    told = channel.ready(this::ready);
  }

  private void ready() {
    calledInside |= inside.get();
    synchronized (this) {
      calls++;
      notifyAll();
    }
  }

  /** Whether it was called back from within one of its own transfers. */
  boolean calledInside() {
    return calledInside;
  }

  synchronized long calls() {
    return calls;
  }

  /** Waits for a call after the first {@code seen}. */
  private synchronized void awaitCall(long seen, Direction direction) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (calls <= seen) {
      long left = end - System.nanoTime();
      assertThat(left).as("told after a " + direction + " that moved nothing").isPositive();
      wait(left / 1_000_000 + 1);
    }
  }

  /** What a READ may ask for at least, and a WRITE at most. */
  int most() {
    return channel.maxMessage() == 0 ? MOST : channel.maxMessage();
  }

  /** One WRITE of {@code bytes[from, from + length)}. */
  int write(byte[] bytes, int from, int length) {
    MemorySegment.copy(bytes, from, outgoing, ValueLayout.JAVA_BYTE, 0, length);
    long moved = transfer(outgoing, 0, length, Direction.WRITE);
    assertThat(moved).as("result of a WRITE of " + length).isBetween(-1L, (long) length);
    if (channel.maxMessage() > 0 && moved > 0) {
      assertThat(moved).as("result of a WRITE of a message of " + length).isEqualTo(length);
    }
    return (int) moved;
  }

  /** One READ into {@code bytes} from {@code at}, of at most {@code length} on a stream, of one message otherwise. */
  int read(byte[] bytes, int at, int length) {
    int asked = channel.maxMessage() == 0 ? length : channel.maxMessage();
    long moved = transfer(incoming, 0, asked, Direction.READ);
    assertThat(moved).as("result of a READ of " + asked).isBetween(-1L, (long) asked);
    if (moved > 0) {
      assertThat(moved).as("bytes read").isLessThanOrEqualTo(bytes.length - at);
      MemorySegment.copy(incoming, ValueLayout.JAVA_BYTE, 0, bytes, at, (int) moved);
    }
    return (int) moved;
  }

  long transfer(MemorySegment memory, long offset, long length, Direction direction) {
    inside.set(true);
    try {
      return channel.transfer(memory, offset, length, direction);
    } finally {
      inside.set(false);
    }
  }

  /** Writes all of them, as one message or as a stream's next bytes. */
  void writeAll(byte[] bytes, int from, int length) throws InterruptedException {
    for (int done = 0; done < length; ) {
      long seen = calls();
      int moved = write(bytes, from + done, length - done);
      assertThat(moved).as("not gone").isNotEqualTo(Channel.GONE);
      if (moved == 0) {
        awaitCall(seen, Direction.WRITE);
      }
      done += moved;
    }
  }

  /** Reads once, when there is something to read: @return how much. */
  int readSome(byte[] bytes, int at, int length) throws InterruptedException {
    while (true) {
      long seen = calls();
      int moved = read(bytes, at, length);
      assertThat(moved).as("not gone").isNotEqualTo(Channel.GONE);
      if (moved > 0) {
        return moved;
      }
      awaitCall(seen, Direction.READ);
    }
  }

  /** Waits until that direction says that the peer has gone. */
  void awaitGone(Direction direction) throws InterruptedException {
    byte[] bytes = new byte[most()];
    for (long seen = calls();; seen = calls()) {
      int moved = direction == Direction.READ ? read(bytes, 0, most()) : write(bytes, 0, 1);
      if (moved == Channel.GONE) {
        return;
      }
      if (moved == 0) {
        awaitCall(seen, direction);
      }
    }
  }

  @Override
  public void close() {
    told.close();
    arena.close();
  }
}
