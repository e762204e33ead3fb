package virtio.host.qemu;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * QEMU's qtest socket: commands in order, each with one reply, in the same order, and interrupt lines in between. Any thread may call; a
 * call that is waited for does not hold up others.
 *
 * <p>Source: QEMU 7.2, {@code softmmu/qtest.c}
 */
final class Qtest implements AutoCloseable {
  /** Who hears of what nobody asked for, on the reader's thread. */
  interface Listener {
    void level(int line, boolean up);

    /** Once: nothing will be answered any more. */
    void lost(String reason);
  }

  /** What is to be seen while QEMU is busy. */
  interface Look<T> {
    T look() throws IOException;
  }

  /** What is read of what has gone. */
  static final long GONE = -1;

  private static final int LOOKS = 200;

  private final LineSocket socket;
  private final Listener listener;
  private volatile long deadlineNanos;
  private final Queue<Call> unanswered = new ConcurrentLinkedQueue<>();
  private volatile String lost;

  Qtest(String name, SocketChannel channel, long deadlineNanos, Listener listener) throws IOException {
    this.listener = listener;
    this.deadlineNanos = deadlineNanos;
    this.socket = new LineSocket(name, channel, new Replies());
  }

  /** From here on. */
  void deadline(long nanos) {
    deadlineNanos = nanos;
  }

  void start() {
    socket.start();
  }

  /** @return what QEMU answered, 0 if that was no number, or {@link #GONE} */
  long call(String command) {
    Call call = new Call(command, Thread.currentThread());
    send(call);
    return call.await();
  }

  /** Sends a command whose reply nobody needs, and does not wait. */
  void post(String command) {
    send(new Call(command, null));
  }

  /**
   * Sends several commands at once, and looks while QEMU is at the last one.
   *
   * @param first answered before the look
   * @param lengthy what QEMU does then, and nothing else meanwhile
   * @return what was seen; null if QEMU was not at it any more
   */
  <T> T callAndLook(List<String> first, String lengthy, Look<T> look) throws IOException {
    Thread waiter = Thread.currentThread();
    List<Call> calls = Stream.concat(first.stream(), Stream.of(lengthy)).map(command -> new Call(command, waiter)).toList();
    send(calls);
    calls.subList(0, first.size()).forEach(Call::await);
    T seen = look.look();
    boolean busy = !calls.getLast().answered;
    calls.getLast().await();
    return busy ? seen : null;
  }

  /** Why nothing will be answered any more; null while it will. */
  String lost() {
    return lost;
  }

  /** What has been sent, whoever sent it, counts as unanswered from here on. */
  @Override
  public void close() {
    fail("closed");
  }

  private void send(List<Call> calls) {
    synchronized (socket) {
      unanswered.addAll(calls);
      socket.send(calls.stream().map(call -> call.command).collect(Collectors.joining("\n")));
    }
    if (lost != null) {
      release();
    }
  }

  private void send(Call call) {
    synchronized (socket) {
      unanswered.add(call);
      socket.send(call.command);
    }
    if (lost != null) {
      release();
    }
  }

  private void fail(String reason) {
    boolean first;
    synchronized (unanswered) {
      first = lost == null;
      if (first) {
        lost = reason;
      }
    }
    if (first) {
      socket.close();
      release();
      listener.lost(reason);
    }
  }

  private void release() {
    for (Call call = unanswered.poll(); call != null; call = unanswered.poll()) {
      call.answer(GONE);
    }
  }

  private final class Replies implements LineSocket.Receiver {
    @Override
    public void line(String line) {
      QtestReply reply;
      try {
        reply = QtestReply.parse(line);
      } catch (IllegalArgumentException malformed) {
        fail(malformed.getMessage());
        return;
      }
      switch (reply) {
        case QtestReply.Level level -> listener.level(level.line(), level.up());
        case QtestReply.Done done -> answer(done.value(), null);
        case QtestReply.Refused refused -> answer(GONE, refused.reason());
      }
    }

    private void answer(long value, String refusal) {
      Call call = unanswered.poll();
      if (call == null) {
        fail("an answer to nothing");
        return;
      }
      call.answer(value);
      if (refusal != null) {
        fail("'" + call.command + "' gave '" + refusal + "'");
      }
    }

    @Override
    public void look() {
      Call oldest = unanswered.peek();
      if (oldest != null && System.nanoTime() - oldest.sent > deadlineNanos) {
        fail("'" + oldest.command + "' has had no answer for " + deadlineNanos / 1_000_000 + " ms");
      }
    }

    @Override
    public void ended() {
      fail("the connection has ended");
    }
  }

  /** A command on its way. */
  private static final class Call {
    private final String command;
    private final Thread waiter;
    private final long sent = System.nanoTime();
    private long value;
    private volatile boolean answered;

    Call(String command, Thread waiter) {
      this.command = command;
      this.waiter = waiter;
    }

    void answer(long result) {
      value = result;
      answered = true;
      if (waiter != null) {
        LockSupport.unpark(waiter);
      }
    }

    /** Whoever reads the socket sees that this ends; an interrupt is kept for later. */
    long await() {
      for (int look = 0; look < LOOKS && !answered; look++) {
        Thread.onSpinWait();
      }
      boolean interrupted = false;
      while (!answered) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      return value;
    }
  }
}
