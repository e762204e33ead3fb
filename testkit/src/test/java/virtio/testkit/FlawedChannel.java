package virtio.testkit;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import virtio.bus.Channel;
import virtio.bus.Registration;

/** One end of a channel that is right, or wrong in one way. */
final class FlawedChannel implements Channel {
  /** What is wrong with it. */
  enum Flaw {
    NONE, FORGETS_TO_TELL_READERS, FORGETS_TO_TELL_WRITERS, CALLS_INSIDE, REORDERS, LOSES, TRUNCATES, SWALLOWS, COMES_BACK, CLOSES_AT_ONCE,
    TAKES_ANYTHING
  }

  private static final int MOST_UNDER_WAY = 5000;

  private final Flaw flaw;
  private final int maxMessage;
  private final Object lock;
  private final ExecutorService thread;
  private final Deque<byte[]> incoming = new ArrayDeque<>();
  private final List<Handler> handlers = new CopyOnWriteArrayList<>();
  private FlawedChannel peer;
  private boolean over;
  private int moves;
  private int underWay;

  private FlawedChannel(Flaw flaw, int maxMessage, Object lock, ExecutorService thread) {
    this.flaw = flaw;
    this.maxMessage = maxMessage;
    this.lock = lock;
    this.thread = thread;
  }

  /** Two ends, each with the flaw. */
  static ChannelPair pair(Flaw flaw, int maxMessage) {
    Object lock = new Object();
    ExecutorService thread = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
    FlawedChannel left = new FlawedChannel(flaw, maxMessage, lock, thread);
    FlawedChannel right = new FlawedChannel(flaw, maxMessage, lock, thread);
    left.peer = right;
    right.peer = left;
    return new ChannelPair() {
      @Override
      public Channel left() {
        return left;
      }

      @Override
      public Channel right() {
        return right;
      }

      @Override
      public boolean leftGoes() {
        return right.lose();
      }

      @Override
      public boolean rightGoes() {
        return left.lose();
      }

      @Override
      public void close() {
        thread.shutdown();
      }
    };
  }

  private boolean lose() {
    synchronized (lock) {
      over = true;
    }
    tell();
    return true;
  }

  @Override
  public long transfer(MemorySegment memory, long offset, long length, Direction direction) {
    if (flaw != Flaw.TAKES_ANYTHING) {
      if (length < 1 || offset < 0 || length > memory.byteSize() - offset) {
        throw new IllegalArgumentException("offset=" + offset + " length=" + length);
      }
      if (maxMessage > 0 && (direction == Direction.READ ? length < maxMessage : length > maxMessage)) {
        throw new IllegalArgumentException("length=" + length + " maxMessage=" + maxMessage);
      }
    }
    synchronized (lock) {
      if (over) {
        over = flaw != Flaw.COMES_BACK;
        return GONE;
      }
      return direction == Direction.READ ? read(memory, offset, length) : write(memory, offset, length);
    }
  }

  private long read(MemorySegment memory, long offset, long length) {
    byte[] next = flaw == Flaw.REORDERS && ++moves % 3 == 0 ? incoming.pollLast() : incoming.poll();
    if (next == null) {
      return 0;
    }
    int taken = (int) Math.min(length, next.length);
    underWay -= flaw == Flaw.TRUNCATES ? next.length : taken;
    MemorySegment.copy(next, 0, memory, ValueLayout.JAVA_BYTE, offset, taken);
    if (taken < next.length && flaw != Flaw.TRUNCATES) {
      byte[] rest = new byte[next.length - taken];
      System.arraycopy(next, taken, rest, 0, rest.length);
      incoming.addFirst(rest);
    }
    if (flaw != Flaw.FORGETS_TO_TELL_WRITERS) {
      peer.tell();
    }
    return taken;
  }

  private long write(MemorySegment memory, long offset, long length) {
    int room = MOST_UNDER_WAY - peer.underWay;
    if (flaw != Flaw.SWALLOWS && (maxMessage > 0 ? room < length : room <= 0)) {
      return 0;
    }
    int taken = flaw == Flaw.SWALLOWS ? (int) length : (int) Math.min(room, length);
    byte[] bytes = memory.asSlice(offset, taken).toArray(ValueLayout.JAVA_BYTE);
    if (flaw == Flaw.TRUNCATES && bytes.length > 1000) {
      bytes = Arrays.copyOf(bytes, 1000);
    }
    if (flaw != Flaw.LOSES || ++moves % 20 != 0) {
      peer.incoming.add(bytes);
      peer.underWay += bytes.length;
    }
    if (flaw == Flaw.CALLS_INSIDE) {
      handlers.forEach(Handler::run);
    }
    if (flaw != Flaw.FORGETS_TO_TELL_READERS) {
      peer.tell();
    }
    return taken;
  }

  private void tell() {
    thread.execute(() -> handlers.forEach(Handler::run));
  }

  @Override
  public Registration ready(Runnable moved) {
    Handler handler = new Handler(moved);
    handlers.add(handler);
    return handler;
  }

  @Override
  public int maxMessage() {
    return maxMessage;
  }

  private final class Handler implements Registration {
    private final Runnable task;
    private volatile boolean closed;

    Handler(Runnable task) {
      this.task = task;
    }

    void run() {
      if (flaw == Flaw.CLOSES_AT_ONCE) {
        call();
      } else {
        synchronized (this) {
          call();
        }
      }
    }

    private void call() {
      if (!closed) {
        task.run();
      }
    }

    @Override
    public void close() {
      handlers.remove(this);
      if (flaw == Flaw.CLOSES_AT_ONCE) {
        closed = true;
        return;
      }
      synchronized (this) {
        closed = true;
      }
    }
  }
}
