package virtio.driver.net;

import virtio.net.Frame;

/** Frames that nobody uses. The last one put is the first taken: it is in the processor's cache. Its owner's lock guards it. */
class FrameStack {
  private final Frame[] frames;
  private int count;

  FrameStack(int most) {
    frames = new Frame[most];
  }

  void push(Frame frame) {
    frames[count++] = frame;
  }

  /** Null when there is none. */
  Frame pop() {
    return count == 0 ? null : frames[--count];
  }

  int count() {
    return count;
  }

  boolean full() {
    return count == frames.length;
  }
}
