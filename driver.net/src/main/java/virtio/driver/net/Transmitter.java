package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.HEADER;

import java.util.concurrent.locks.ReentrantLock;
import virtio.bus.Chain;
import virtio.bus.VirtioDevice;
import virtio.bus.Virtqueue;
import virtio.net.Card;
import virtio.net.Frame;

/**
 * The way out: a frame is a buffer of one part, its header before it. Each call takes back what the device is done with, so the device need
 * not interrupt; only who finds no room asks it to. Any thread; one lock.
 *
 * <p>Spec: virtio 1.4, "Network Device", "Packet Transmission"
 */
final class Transmitter {
  private final Virtqueue queue;
  private final Sizing.Area area;
  private final boolean checksums;
  private final ReentrantLock lock = new ReentrantLock();
  private final Chain chain = new Chain(1);
  private final QueueFrames free;
  private boolean down;
  private boolean wanted;
  private int out;
  private long sent;
  private long bytes;
  private long lost;

  /** @param checksums the device makes them */
  Transmitter(VirtioDevice device, Virtqueue queue, Sizing.Area area, boolean checksums, Card card) {
    this.queue = queue;
    this.area = area;
    this.checksums = checksums;
    this.free = new QueueFrames(device, area, card);
  }

  Frame frame() {
    lock.lock();
    try {
      if (down) {
        return null;
      }
      if (free.count() == 0) {
        reclaim();
      }
      Frame frame = free.pop();
      if (frame == null && !queue.restart()) {   // false: something came meanwhile
        reclaim();
        frame = free.pop();
      }
      wanted |= frame == null;
      return frame == null ? null : frame.plain().length(0).hand();
    } finally {
      lock.unlock();
    }
  }

  boolean send(Frame frame) {
    if (frame.checksumWanted() && !checksums) {
      frame.completeChecksum();
    }
    NetHdr.transmit(area.memory().segment(), area.offset(frame.id()), frame);
    lock.lock();
    try {
      if (down) {
        return false;
      }
      reclaim();
      return add(frame) || !queue.restart() && reclaim() && add(frame);
    } finally {
      lock.unlock();
    }
  }

  private boolean add(Frame frame) {
    chain.clear().readable(area.memory(), area.offset(frame.id()), HEADER + frame.length());
    if (queue.add(chain, frame) != Virtqueue.Added.OK) {
      return false;
    }
    out++;
    sent++;
    bytes += frame.length();
    return true;
  }

  /** Under the lock. @return true */
  private boolean reclaim() {
    for (Object token = queue.get(); token != null; token = queue.get()) {
      out--;
      free.push((Frame) token);
    }
    return true;
  }

  void kick() {
    lock.lock();
    try {
      if (!down) {
        queue.sync();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The device has interrupted: somebody waits for room. */
  void used() {
    lock.lock();
    try {
      if (!down) {
        reclaim();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether it may be sent as it is. */
  boolean owns(Frame frame) {
    return free.owns(frame);
  }

  /** Of a user. @return whether somebody has asked for one in vain */
  boolean release(Frame frame) {
    lock.lock();
    try {
      free.release(frame);
      boolean told = wanted && !down;
      wanted = false;
      return told;
    } finally {
      lock.unlock();
    }
  }

  /** No operation of the queue begins from here on. */
  void stop() {
    lock.lock();
    try {
      reclaim();
      down = true;
    } finally {
      lock.unlock();
    }
  }

  /** The device is stopped: what it still had is lost, or was sent and never said so. */
  void detach() {
    lock.lock();
    try {
      lost = out;
      out = free.detach(queue, out);
    } finally {
      lock.unlock();
    }
  }

  long sent() {
    return sent;
  }

  long bytes() {
    return bytes;
  }

  long lost() {
    return lost;
  }
}
