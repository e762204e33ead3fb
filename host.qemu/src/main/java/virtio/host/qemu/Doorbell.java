package virtio.host.qemu;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import virtio.bus.Signal;
import virtio.os.linux.EventFd;

/**
 * A register that rings. The socket carries it, until somebody has found the event counter that QEMU itself adds to when the register is
 * written; and again once QEMU has closed that. {@link #raise} is for any thread, and allocates nothing when it adds to the counter; whoever
 * searches is one thread.
 */
final class Doorbell implements Signal {
  /** So often it is posted before the counter is looked for: a queue that is hardly used is not worth it. */
  private static final int OFTEN = 32;

  private final String command;
  private final Consumer<String> socket;
  private final Consumer<Doorbell> wanting;
  private final AtomicBoolean held = new AtomicBoolean();
  private final AtomicBoolean used = new AtomicBoolean();
  private volatile EventFd counter;
  private volatile boolean searching;
  /** Lost updates do not matter. */
  private volatile int posts;
  private volatile int limit = OFTEN;
  private int life;
  /** Of who searches: what {@link #used} was when it was asked last. */
  private boolean before;

  /**
   * @param command what rings it on the socket
   * @param socket takes a command, and does not wait
   * @param wanting told when it had better be rung by a counter; must not block
   */
  Doorbell(String command, Consumer<String> socket, Consumer<Doorbell> wanting) {
    this.command = command;
    this.socket = socket;
    this.wanting = wanting;
  }

  String command() {
    return command;
  }

  @Override
  public void raise(int position) {
    EventFd now = counter;
    if (now != null && now.add()) {
      used.set(true);
      if (counter == now) {
        return;
      }
      // It was given up in between, and perhaps nobody reads it any more.
    }
    post();
  }

  private void post() {
    if (searching) {
      held.set(true);
      if (searching) {
        return;
      }
      letGo();
    } else {
      socket.accept(command);
    }
    int times = posts + 1;
    posts = times;
    if (times >= limit) {   // or past it: what was counted before it was lowered may be written after
      posts = 0;
      wanting.accept(this);
    }
  }

  private void letGo() {
    if (held.getAndSet(false)) {
      socket.accept(command);
    }
  }

  /** The device begins anew, and QEMU with other counters. */
  synchronized void renew() {
    life++;
    limit = OFTEN;
    posts = 0;
    drop();
  }

  /** How often it was renewed. */
  synchronized int life() {
    return life;
  }

  /** From here to {@link #searched} nobody rings; who wants to is heard then. */
  void search() {
    searching = true;
  }

  /**
   * @param found what it is rung by from here on, its own now; null: the socket, as before
   * @param since the life that the search was for: what was found for another is of no use
   * @return whether it is rung by what was found
   */
  boolean searched(EventFd found, int since) {
    boolean taken;
    synchronized (this) {
      taken = found != null && life == since;
      if (taken) {
        counter = found;
      } else if (found != null) {
        found.close();
      }
    }
    searching = false;
    letGo();
    return taken;
  }

  /** Nothing was found in that life: in this one it is not looked for again before it was posted many times more. */
  synchronized void searchedInVain(int since) {
    if (life == since) {
      limit = (int) Math.min((long) limit << 5, Integer.MAX_VALUE);
      posts = 0;
    }
  }

  /** The counter's number; -1 while there is none. */
  long id() {
    EventFd now = counter;
    return now == null ? -1 : now.id();
  }

  /**
   * Whether the counter was added to since this was asked the last time but one. What is added after QEMU's last look at a counter and before
   * it closes that is lost, and who looks just then finds it open: only a second look tells.
   */
  boolean takeUsed() {
    boolean now = used.getAndSet(false);
    boolean either = now || before;
    before = now;
    return either;
  }

  /** Nobody reads the counter any more: the socket rings, at once for what was lost, and from here on. */
  void giveUp() {
    synchronized (this) {
      limit = OFTEN;
      posts = 0;
      drop();
    }
    post();
  }

  /** It is not rung by a counter any more. */
  synchronized void drop() {
    EventFd now = counter;
    counter = null;
    if (now != null) {
      now.close();
    }
  }
}
