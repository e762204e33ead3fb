package virtio.itest;

import java.io.IOException;
import java.util.concurrent.ConcurrentLinkedQueue;
import virtio.bus.Registration;
import virtio.net.Frame;
import virtio.net.NetworkDevice;
import virtio.net.Sent;
import virtio.os.linux.Tap;

/**
 * A user of a card: joins it with a tap of Linux's, so that an unsuspecting kernel uses the card. One thread, which waits for either; frames
 * are read into, and written from, the card's own memory.
 */
final class Bridge implements AutoCloseable, NetworkDevice.Listener {
  private static final int TURN = 64;

  private final NetworkDevice card;
  private final Tap tap;
  private final ConcurrentLinkedQueue<Frame> arrived = new ConcurrentLinkedQueue<>();
  private final Registration listening;
  private final Registration receiving;
  private final Thread thread;
  private volatile boolean closed;
  private volatile Throwable trouble;
  /** To be filled, or full and not sent yet. */
  private Frame next;
  private boolean filled;
  private long lost;

  /** @param tap closed with the bridge */
  Bridge(NetworkDevice card, Tap tap) {
    this.card = card;
    this.tap = tap;
    listening = card.listen(this);
    receiving = card.receive((NetworkDevice.Receiver) frame -> {
      arrived.add(frame);
      tap.wake();
    });
    thread = Thread.ofPlatform().name("bridge-" + tap.name()).start(this::run);
  }

  @Override
  public void room() {
    tap.wake();
  }

  @Override
  public void resumed() {
    tap.wake();
  }

  private void run() {
    try {
      while (!closed) {
        if (!toCard() & !toTap()) {
          tap.await(-1);
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      trouble = e;
    }
  }

  private boolean toCard() throws IOException {
    int count = 0;
    for (; count < TURN; count++) {
      if (next == null) {
        next = card.frame();
        filled = false;
      }
      if (next == null) {
        break;   // room comes
      }
      if (!filled) {
        int bytes = tap.read(next.memory(), 0, next.memory().byteSize());
        if (bytes == 0) {
          break;
        }
        next.length(bytes).plain();
        filled = true;
      }
      Sent sent = card.send(next);
      if (sent == Sent.FULL) {
        break;   // room comes
      } else if (sent != Sent.ACCEPTED) {
        lost++;
        next.release();
      }
      next = null;
    }
    return count > 0;
  }

  private boolean toTap() throws IOException {
    int count = 0;
    for (Frame frame = arrived.poll(); frame != null; frame = arrived.poll()) {
      frame.completeChecksum();
      if (!tap.write(frame.memory(), 0, frame.length())) {
        lost++;
      }
      frame.release();
      if (++count == TURN) {
        break;
      }
    }
    return count > 0;
  }

  /** Frames that neither side took, once it rests. */
  long lost() {
    return lost;
  }

  /** What ended it before its time goes on from here. */
  @Override
  public void close() throws InterruptedException {
    receiving.close();
    listening.close();
    closed = true;
    tap.wake();
    thread.join();
    if (next != null) {
      next.release();
    }
    for (Frame frame = arrived.poll(); frame != null; frame = arrived.poll()) {
      frame.release();
    }
    tap.close();
    if (trouble != null) {
      throw new AssertionError("the bridge ended: " + trouble, trouble);
    }
  }
}
