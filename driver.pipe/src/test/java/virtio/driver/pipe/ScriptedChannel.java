package virtio.driver.pipe;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import virtio.bus.Channel;
import virtio.bus.Registration;

/** A channel that a test plays: what came, what was sent, how much it takes. */
final class ScriptedChannel implements Channel {
  final Deque<byte[]> coming = new ArrayDeque<>();
  final ByteArrayOutputStream sent = new ByteArrayOutputStream();
  private final int maxMessage;
  long room = Long.MAX_VALUE;
  boolean gone;
  Runnable ready = () -> {};

  ScriptedChannel(int maxMessage) {
    this.maxMessage = maxMessage;
  }

  @Override
  public long transfer(MemorySegment memory, long offset, long length, Direction direction) {
    if (direction == Direction.WRITE) {
      long step = gone ? GONE : maxMessage > 0 && room < length ? 0 : Math.min(length, room);
      for (long i = 0; i < step; i++) {
        sent.write(memory.get(ValueLayout.JAVA_BYTE, offset + i));
      }
      room -= Math.max(0, step);
      return step;
    }
    byte[] next = coming.poll();
    if (next == null) {
      return gone ? GONE : 0;
    }
    int step = (int) Math.min(next.length, length);
    MemorySegment.copy(next, 0, memory, ValueLayout.JAVA_BYTE, offset, step);
    if (maxMessage == 0 && step < next.length) {
      coming.addFirst(Arrays.copyOfRange(next, step, next.length));
    } else if (step < next.length) {
      throw new AssertionError("a message cut off at " + step + " of " + next.length);
    }
    return step;
  }

  @Override
  public Registration ready(Runnable moved) {
    ready = moved;
    return () -> ready = null;
  }

  @Override
  public int maxMessage() {
    return maxMessage;
  }
}
