package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.HEADER;

import virtio.bus.VirtioDevice;
import virtio.bus.Virtqueue;
import virtio.net.Card;
import virtio.net.Frame;

/** The frames of a queue, each with its header before it in the device's memory, which goes when the last user has let go of it. */
final class QueueFrames extends FrameStack {
  private final VirtioDevice device;
  private final Sizing.Area area;
  private final Frame[] frames;
  private boolean detached;

  QueueFrames(VirtioDevice device, Sizing.Area area, Card card) {
    super(area.count());
    this.device = device;
    this.area = area;
    this.frames = new Frame[area.count()];
    for (int id = frames.length - 1; id >= 0; id--) {
      frames[id] = new Frame(card, id, area.memory().segment().asSlice(area.offset(id) + HEADER, area.bytes() - HEADER));
      push(frames[id]);
    }
  }

  /** Without the lock as well. */
  boolean owns(Frame frame) {
    int id = frame.id();
    return id >= 0 && id < frames.length && frames[id] == frame;
  }

  /** Of a user. */
  void release(Frame frame) {
    push(frame);
    end();
  }

  /** The device is stopped: what it had comes back. @param out frames, at most. @return how many of those did not */
  int detach(Virtqueue queue, int out) {
    int left = out;
    for (Frame frame : frames) {
      if (left > 0 && queue.detach(frame)) {
        left--;
        push(frame);
      }
    }
    detached = true;
    end();
    return left;
  }

  private void end() {
    if (detached && full()) {
      detached = false;
      device.free(area.memory());
    }
  }
}
