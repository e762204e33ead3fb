package virtio.ring.socket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import virtio.bus.Violation;

/** What the pump and the owner of one half of a queue tell one another beside buffers, whichever half it is. Any thread. */
final class Standing {
  private static final VarHandle TOLD;

  static {
    try {
      TOLD = MethodHandles.lookup().findVarHandle(Standing.class, "told", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile Violation fault;
  private volatile boolean told;
  private volatile boolean asked = true;

  /** The pump's: the session met a violation. The first stays. */
  void fault(Violation cause) {
    if (fault == null) {
      fault = cause;
    }
  }

  boolean isFaulty() {
    return fault != null;
  }

  /** The fault, for the one who breaks the queue by it: on its owner's stack, or on the dispatcher, once. Null: there is none, or it was had. */
  Violation untold() {
    Violation cause = fault;
    return cause != null && !told && TOLD.compareAndSet(this, false, true) ? cause : null;
  }

  /** The owner's: whether it wants to be called. */
  void ask(boolean wanted) {
    asked = wanted;
  }

  /** The pump looks at this after what it would call for has been published, and a full fence. */
  boolean isAsked() {
    return asked;
  }
}
