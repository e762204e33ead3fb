package virtio.bus;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What the two halves of a virtqueue share: its life, its sticky first fault, and the rules of the callback, written once for every ring.
 *
 * <p>One operation at a time per queue; the owner guards it, and with assertions enabled a second thread inside is an
 * IllegalStateException that names the queue. Different queues are independent. {@link #signalled} alone comes from elsewhere. No
 * operation blocks, locks, allocates, logs or looks anything up, so each may be called in any context: from the queue's own callback,
 * from another's, under any lock of its owner.
 *
 * <h2>The callback</h2>
 * {@code on} says whether the callback may run. It is written by the owner ({@link #restart}) and by whoever brings a signal
 * ({@link #signalled}), so the order matters: the suppression is written <em>before</em> the flag is cleared, and both before the call.
 * The other order loses a wake-up: a late suppression erases the request that a restart on another thread has just made.
 *
 * <p>Spec: virtio 1.4, "Used Buffer Notification Suppression" and "Available Buffer Notification Suppression"; {@code virtqueue.cb} and
 * {@code restart} of draft IV, include/linux/virtio.h
 */
public abstract sealed class Queue permits Virtqueue, DeviceQueue {
  /** The life of a queue. */
  public enum State {
    /** Made; buffers may be added, nobody is told. */
    NEW,
    /** DRIVER_OK is set. */
    LIVE,
    /** The other half did wrong; sticky until reset. */
    BROKEN,
    /** Reset, and confirmed: nothing of ours is touched any more. */
    STOPPED,
    /** Reset, never confirmed: its memory is never reused. */
    QUARANTINED
  }

  /** What a queue calls when the other half has done something. */
  @FunctionalInterface
  public interface Callback {
    /**
     * There is, or may be, something to take. Never on the other half's stack, never twice at once.
     *
     * @return true to be called for the next one too; false to keep callbacks off until {@link Queue#restart}
     */
    boolean ready(Queue queue);

    /** Told once, on the stack of the operation that met the violation: no operation of this queue may be called in here. */
    default void broken(Queue queue, Violation cause) {}
  }

  /**
   * What went through, counted where it costs nothing: read by anyone, exact only when the queue rests.
   *
   * @param published buffers the owner has published
   * @param taken buffers the owner has got back or taken
   * @param raised signals sent to the other half
   * @param signalled signals that came from it
   * @param ignored of these, the ones that found callbacks off
   */
  public record Counters(long published, long taken, long raised, long signalled, long ignored) {}

  private static final int ROUNDS = 16;
  private static final int IDLE = 0;
  private static final int RUNNING = 1;
  private static final int RUN_AGAIN = 2;
  private static final VarHandle ON;
  private static final VarHandle DISPATCH;
  private static final VarHandle INSIDE;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      ON = lookup.findVarHandle(Queue.class, "on", boolean.class);
      DISPATCH = lookup.findVarHandle(Queue.class, "dispatch", int.class);
      INSIDE = lookup.findVarHandle(Queue.class, "inside", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int index;
  private final int size;
  private final Callback callback;
  private volatile State state = State.NEW;
  private volatile Violation broken;
  private volatile boolean on = true;
  private volatile int dispatch;
  private volatile Thread inside;
  private volatile Object attachment;
  private long signals;
  private long ignored;

  /** NEW or LIVE: the one check an operation makes. The ring's. */
  protected boolean well = true;
  /** {@link Counters#published}, the ring's to advance, at sync. */
  protected long published;
  /** {@link Counters#taken}, the ring's to advance. */
  protected long taken;
  /** {@link Counters#raised}, the ring's to advance. */
  protected long raised;

  /** @param callback null for an owner that polls: signals are then counted and nothing else */
  protected Queue(int index, int size, Callback callback) {
    this.index = index;
    this.size = size;
    this.callback = callback;
  }

  /** Its number among the device's queues. */
  public final int index() {
    return index;
  }

  /** The most buffers it holds at once. */
  public final int size() {
    return size;
  }

  /** Any thread. */
  public final State state() {
    return state;
  }

  /** First cause, sticky until reset; null while well. Any thread. */
  public final Violation broken() {
    return broken;
  }

  /** Draft IV's {@code priv}: the owner's, never looked at. */
  public final Object attachment() {
    return attachment;
  }

  public final void attach(Object anything) {
    attachment = anything;
  }

  /** Any thread. */
  public final Counters counters() {
    return new Counters(published, taken, raised, signals, ignored);
  }

  /** Publishes all since the last sync, and signals the other half if it asked to be told; before DRIVER_OK it only publishes. */
  public abstract void sync();

  /**
   * Callbacks on again, and true; or, with work already pending, false, and they stay off: the owner looks first. No signal is
   * ever missed.
   */
  public final boolean restart() {
    if (!well) {
      return false;
    }
    on = true;
    int from = ask();
    VarHandle.fullFence();   // our request before our look; pairs with the other half's fence between its index and its look at the request
    if (state == State.NEW || !pending(from)) {
      return true;
    }
    mute();   // before the flag: after it, it could undo another thread's restart
    return !ON.compareAndSet(this, true, false);   // lost to a dispatcher: its call is the callback
  }

  /**
   * The other half's signal came, or may have. Runs the callback if it is on and nobody runs it yet. Any thread but the other half's.
   *
   * @return true when the rounds are used up and there is more: call again, later, so that other queues get their turn
   */
  public final boolean signalled() {
    signals++;
    if (callback == null) {
      ignored++;
      return false;
    }
    do {
      if (dispatch == RUN_AGAIN || DISPATCH.compareAndSet(this, RUNNING, RUN_AGAIN)) {
        return false;
      }
    } while (!DISPATCH.compareAndSet(this, IDLE, RUNNING));
    boolean more = false;
    boolean thrown = true;
    try {
      do {
        dispatch = RUNNING;
        more = call();
      } while (!more && !DISPATCH.compareAndSet(this, RUNNING, IDLE));
      thrown = false;
    } finally {
      if (more || thrown) {
        dispatch = IDLE;
      }
    }
    return more;
  }

  private boolean call() {
    if (!well || !on || state == State.NEW) {
      ignored++;
      return false;
    }
    mute();   // before the flag, see the class comment
    if (!ON.compareAndSet(this, true, false)) {
      return false;
    }
    for (int i = 0; callback.ready(this); ) {
      if (restart() || !well) {
        return false;
      }
      if (++i == ROUNDS) {
        on = true;
        return true;
      }
    }
    return false;
  }

  /** The ring's: DRIVER_OK is set. */
  protected final void start() {
    if (state == State.NEW) {
      state = State.LIVE;
      opened();
    }
  }

  /** The ring's: the other half has let go, or never said so. */
  protected final void stop(boolean confirmed) {
    well = false;
    state = confirmed ? State.STOPPED : State.QUARANTINED;
  }

  /** The ring's: the other half did wrong. The first cause stays. */
  protected final void fail(Violation cause) {
    if (!well) {
      return;
    }
    well = false;
    broken = cause;
    state = State.BROKEN;
    if (callback != null) {
      callback.broken(this, cause);
    }
  }

  /** For an {@code assert} at the head of an operation; always true. */
  protected final boolean enter() {
    Thread me = Thread.currentThread();
    Thread other = inside;
    if (other != null || !INSIDE.compareAndSet(this, null, me)) {
      throw new IllegalStateException("queue=" + index + ": two operations at once, by " + me.getName() + " and "
          + (other == null ? "another thread" : other.getName()));
    }
    return true;
  }

  /** For an {@code assert} at the end of an operation, on each way out; always true. */
  protected final boolean leave() {
    inside = null;
    return true;
  }

  /** Signals the other half once if anything was published while NEW. */
  protected abstract void opened();

  /**
   * Writes the wish to be told where the other half reads it. A hint. A dispatcher calls it too, beside an operation of the owner, so it
   * changes nothing of the queue, and may go by a position that the owner has just left.
   *
   * @return the position from which it asks to be told, for {@link #pending}
   */
  protected abstract int ask();

  /** Writes the wish not to be told. A hint. */
  protected abstract void mute();

  /**
   * Looks, with acquire, whether the other half is elsewhere than {@code from}. A dispatcher calls it too: it changes nothing, and leaves
   * it to the operations to judge what it saw.
   *
   * @param from what this thread's {@link #ask} returned, not where the queue is now: had the owner gone on in between, the request would
   *     lie behind what is used, never be passed, and nobody would look
   */
  protected abstract boolean pending(int from);
}
