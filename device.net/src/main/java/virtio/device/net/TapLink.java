package virtio.device.net;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import virtio.bus.spec.VirtioNet;
import virtio.os.linux.Tap;

/**
 * A tap on a switch: one thread that carries frames both ways, and waits for the kernel and for the switch at once. Checksums that a frame
 * still needs are made here; the kernel is given none that are not right.
 */
final class TapLink implements AutoCloseable {
  private static final Logger LOG = System.getLogger("virtio.device.net");
  /** Frames one way until the other gets its turn. */
  private static final int TURN = 64;

  private final Tap tap;
  private final Frame frame = new Frame(Frame.MOST);
  private final SwitchPort port;
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean gone;
  private long refused;

  private TapLink(Tap tap, int room) {
    this.tap = tap;
    this.port = new SwitchPort(tap.name(), room, tap::wake);
    this.thread = Thread.ofPlatform().name("virtio-tap-" + tap.name()).daemon().unstarted(this::run);
  }

  /**
   * @param room bytes of the longest frame that the kernel is given
   * @return null when the switch has no port left
   * @throws IOException when the tap is not to be had
   */
  static TapLink open(String name, LearningSwitch joins, int room) throws IOException {
    TapLink link = new TapLink(Tap.open(name), room);
    if (!joins.join(link.port)) {
      link.tap.close();
      return null;
    }
    link.port.open(true);
    link.thread.start();
    return link;
  }

  SwitchPort port() {
    return port;
  }

  /** Whether the interface went away by itself. */
  boolean gone() {
    return gone;
  }

  private void run() {
    try {
      while (!closed) {
        FrameRing frames = port.look();
        if (!in() & !out(frames)) {
          tap.await(-1);
        }
      }
    } catch (IOException e) {
      gone = true;
      port.open(false);
      LOG.log(Level.ERROR, "virtio.device.net: tap=" + tap.name() + " lost: " + e.getMessage() + " (updating its card's configuration tries anew)");
    }
  }

  /** @return whether there was anything */
  private boolean in() throws IOException {
    int count = 0;
    int bytes;
    while (count < TURN && (bytes = tap.read(frame.bytes, 0, Frame.MOST)) > 0) {
      count++;
      if (bytes >= VirtioNet.ETHERNET) {
        port.send(frame.whole(bytes));
      }
    }
    return count > 0;
  }

  /** A frame that the kernel does not take now is lost, as on a cable. */
  private boolean out(FrameRing frames) throws IOException {
    int count = 0;
    for (; count < TURN && !frames.isEmpty(); count++) {
      frames.complete();
      if (!tap.write(frames.memory(), frames.at(), frames.length())) {
        refused++;
      }
      frames.remove();
    }
    return count > 0;
  }

  /** Leaves the switch and lets the interface go. Returns when the thread has ended. */
  @Override
  public void close() {
    LearningSwitch joined = port.joined();
    if (joined != null) {
      joined.leave(port);
    }
    closed = true;
    tap.wake();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    tap.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** In words, for a person. */
  @Override
  public String toString() {
    return "tap " + port + ": " + (gone ? "gone" : "refused " + refused + ", port full " + port.dropped());
  }
}
