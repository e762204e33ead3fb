package virtio.device.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One port of a switch: the frames that wait for whoever is behind it, and what wakes that one. Senders put frames in from their own threads;
 * one reader, always on the same thread at a time, takes them out.
 */
final class SwitchPort {
  /** Frames that may wait, and the bytes of memory for them. */
  private static final int MOST_FRAMES = 1024;
  private static final int MOST_BYTES = 4 << 20;
  private static final VarHandle AWAKE;

  static {
    try {
      AWAKE = MethodHandles.lookup().findVarHandle(SwitchPort.class, "awake", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String name;
  private final FrameRing waiting;
  private final Runnable wake;
  private final AtomicLong dropped = new AtomicLong();
  private volatile boolean open;
  /** The reader runs, or has been told to. */
  private volatile boolean awake;
  private volatile LearningSwitch joined;
  private volatile int number;

  /**
   * Closed, and joined to nothing.
   *
   * @param room bytes of the longest frame; longer ones are dropped
   * @param wake tells the reader that there is something; any thread, never blocks
   */
  SwitchPort(String name, int room, Runnable wake) {
    this.name = name;
    this.waiting = new FrameRing(Math.min(MOST_FRAMES, Integer.highestOneBit(MOST_BYTES / room)), room);
    this.wake = wake;
  }

  /** For a person: a card's name, or a tap's. */
  String name() {
    return name;
  }

  /** Its number on the switch; 0 while it is on none. */
  int number() {
    return number;
  }

  /** The switch's. */
  void joined(LearningSwitch now, int as) {
    number = as;
    joined = now;
  }

  /** Null while it is on none. */
  LearningSwitch joined() {
    return joined;
  }

  /** Whether frames are let in: somebody is there, and the link is up. Any thread. */
  void open(boolean yes) {
    open = yes;
  }

  boolean open() {
    return open;
  }

  /** Sends a frame from here into the switch. The reader's thread. */
  void send(Frame frame) {
    LearningSwitch to = joined;
    if (to != null) {
      to.forward(this, frame);
    }
  }

  /** A frame for whoever is behind this port. Any thread. */
  void offer(Frame frame) {
    if (!open || frame.length > waiting.room() || !waiting.put(frame)) {
      dropped.incrementAndGet();
      return;
    }
    if (!awake && AWAKE.compareAndSet(this, false, true)) {
      wake.run();
    }
  }

  /** Frames for this port that were dropped: it was closed, or full, or they were too long. */
  long dropped() {
    return dropped.get();
  }

  /** The reader begins; what comes from here on wakes it again. */
  FrameRing look() {
    awake = false;
    return waiting;
  }

  /** The reader has left frames for a reason of its own, and comes back by itself: nobody needs to wake it. */
  void comesBack() {
    awake = true;
  }

  /** Drops what waits. The reader's. */
  void clear() {
    while (!waiting.isEmpty()) {
      waiting.remove();
      dropped.incrementAndGet();
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
