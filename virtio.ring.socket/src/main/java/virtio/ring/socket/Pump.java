package virtio.ring.socket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * Who moves the bytes of a session: whoever comes first, until nothing moves. Whoever comes meanwhile leaves a mark and goes on; the
 * one inside looks at the mark before and after it leaves. No lock, no wait: so it may be entered in any context, and every operation of a
 * queue does. What it touches is touched by one thread at a time.
 */
final class Pump {
  /** Rounds until the thread that happens to be inside has done enough for others. */
  private static final int BUDGET = 64;
  private static final int IDLE = 0;
  private static final int RUNNING = 1;
  private static final int AGAIN = 2;
  private static final int CLOSED = 3;
  private static final VarHandle TOKEN;

  static {
    try {
      TOKEN = MethodHandles.lookup().findVarHandle(Pump.class, "token", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final BooleanSupplier move;
  private final Executor dispatcher;
  private final Runnable goOn = this::run;
  private volatile int token;

  /**
   * @param move does one round; false when nothing moved. It must not call the pump
   * @param dispatcher where it goes on after it has done enough
   */
  Pump(BooleanSupplier move, Executor dispatcher) {
    this.move = move;
    this.dispatcher = dispatcher;
  }

  /** Moves what can be moved, or leaves it to the thread that does so now. */
  void run() {
    if (!enter()) {
      return;
    }
    int budget = BUDGET;
    do {
      token = RUNNING;
      boolean moved = true;
      while (moved && budget > 0) {
        budget--;
        moved = move.getAsBoolean();
      }
      if (moved) {
        token = IDLE;
        dispatcher.execute(goOn);
        return;
      }
    } while (!TOKEN.compareAndSet(this, RUNNING, IDLE));
  }

  private boolean enter() {
    while (true) {
      int now = token;
      if (now == AGAIN || now == CLOSED || now == RUNNING && TOKEN.compareAndSet(this, RUNNING, AGAIN)) {
        return false;
      }
      if (now == IDLE && TOKEN.compareAndSet(this, IDLE, RUNNING)) {
        return true;
      }
    }
  }

  /**
   * Does something while nobody is inside: for those who may wait, as long as one run takes. Nothing once it is closed.
   *
   * @param work must not call the pump
   */
  void exclusively(Runnable work) {
    if (await()) {
      try {
        work.run();
      } finally {
        token = IDLE;   // a mark left meanwhile is honoured by the run that follows
      }
      run();
    }
  }

  /** Nobody gets in any more; what it touched is the caller's. @return false when it was closed before */
  boolean close() {
    if (!await()) {
      return false;
    }
    token = CLOSED;
    return true;
  }

  private boolean await() {
    while (!TOKEN.compareAndSet(this, IDLE, RUNNING)) {
      if (token == CLOSED) {
        return false;
      }
      Thread.yield();
    }
    return true;
  }
}
