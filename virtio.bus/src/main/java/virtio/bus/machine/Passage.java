package virtio.bus.machine;

/**
 * A way that one thread at a time takes without a lock, and that another may shut: memory that is only touched inside may be given back after
 * {@link #shut}.
 */
public final class Passage {
  private volatile boolean inside;
  private volatile boolean shut;

  /** One thread at a time. @return false while it is shut: then stay out, and do not {@link #leave} */
  public boolean enter() {
    inside = true;   // volatile, before our look at "shut"; pairs with shut's store before its look at "inside"
    if (!shut) {
      return true;
    }
    inside = false;
    return false;
  }

  public void leave() {
    inside = false;
  }

  /** Any thread but one that is inside: when this returns, nobody is. What is done inside is short. */
  public void shut() {
    shut = true;
    while (inside) {
      Thread.onSpinWait();
    }
  }

  /** After {@link #shut}, and by the same thread. */
  public void open() {
    shut = false;
  }
}
