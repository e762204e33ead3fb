package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.*;

import java.util.concurrent.locks.ReentrantLock;
import virtio.bus.Chain;
import virtio.bus.VirtioDevice;
import virtio.bus.Virtqueue;
import virtio.net.Card;
import virtio.net.Frame;

/**
 * The way in: the queue is kept full of buffers, each a frame's room with a header before it. What came in one buffer is handed out where it
 * lies; what came in several is put together. Buffers that users have released go back in batches. Any thread; one lock.
 *
 * <p>Spec: virtio 1.4, "Network Device", "Setting Up Receive Buffers" and "Processing of Incoming Packets"
 */
final class Receiver {
  private static final int BATCHES = 4;

  private final Virtqueue queue;
  private final Sizing.Area area;
  private final boolean merged;
  private final boolean checksums;
  private final Gathering gathering;
  private final ReentrantLock lock = new ReentrantLock();
  private final Chain chain = new Chain(1);
  private final QueueFrames free;
  private final int batch;
  private boolean down;
  private boolean broken;
  /** In the ring. */
  private int posted;
  private long received;
  private long bytes;
  private long malformed;

  /**
   * @param merged MRG_RXBUF: num_buffers is to be believed
   * @param checksums GUEST_CSUM: flags are
   */
  Receiver(VirtioDevice device, Virtqueue queue, Sizing.Area area, boolean merged, boolean checksums, Gathering gathering, Card card) {
    this.queue = queue;
    this.area = area;
    this.merged = merged;
    this.checksums = checksums;
    this.gathering = gathering;
    this.free = new QueueFrames(device, area, card);
    this.batch = Math.max(1, area.count() / BATCHES);
  }

  /** Fills the queue; before DRIVER_OK nobody is told. */
  void fill() {
    lock.lock();
    try {
      post();
    } finally {
      lock.unlock();
    }
  }

  /** The next packet that is whole; null when there is none. */
  Frame next() {
    lock.lock();
    try {
      Frame whole = null;
      while (whole == null && !down && !broken) {
        Frame came = (Frame) queue.get();
        if (came == null) {
          return null;
        }
        posted--;
        whole = gathering.waits() ? rest(came, queue.written()) : first(came, queue.written());
      }
      if (whole != null) {
        received++;
        bytes += whole.length();
      }
      return whole;
    } finally {
      lock.unlock();
    }
  }

  /** The packet, if this buffer is all of it. */
  private Frame first(Frame came, long written) {
    long header = area.offset(came.id());
    long length = written - HEADER;
    int buffers = merged && written >= HEADER ? NetHdr.buffers(area.memory().segment(), header) : 1;
    if (length < ETHERNET || buffers == 0) {
      return bad(came);
    }
    int flags = checksums ? NetHdr.flags(area.memory().segment(), header) : 0;
    came.length((int) length).checksumValid((flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0);
    if ((flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0) {
      came.checksum(NetHdr.checksumStart(area.memory().segment(), header), NetHdr.checksumOffset(area.memory().segment(), header));
    }
    if (buffers == 1) {
      return came.checksumWanted() && !came.checksumInside() ? bad(came) : came.hand();
    }
    if (buffers - 1 > posted) {
      broken = true;   // it counts buffers that it cannot have
      free.push(came);
      malformed++;
      return null;
    }
    gathering.begin(came, buffers);
    free.push(came);
    return null;
  }

  /** The packet, if this buffer was the last of it. */
  private Frame rest(Frame came, long written) {
    Frame whole = gathering.add(area.memory().segment(), area.offset(came.id()), written);
    free.push(came);
    if (!gathering.waits() && whole == null && !gathering.dropped()) {
      malformed++;
    }
    return whole;
  }

  private Frame bad(Frame came) {
    malformed++;
    free.push(came);
    return null;
  }

  /** Gives the device what has been released, if it is worth a doorbell, or if the device has nearly none. */
  void refill() {
    lock.lock();
    try {
      if (free.count() >= batch || posted < batch) {
        post();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. */
  private void post() {
    if (down || broken || free.count() == 0) {
      return;
    }
    for (Frame frame = free.pop(); frame != null; frame = free.pop()) {
      chain.clear().writable(area.memory(), area.offset(frame.id()), area.bytes());
      if (queue.add(chain, frame) != Virtqueue.Added.OK) {
        free.push(frame);
        break;
      }
      posted++;
    }
    queue.sync();
  }

  /** Of a user. */
  void release(Frame frame) {
    lock.lock();
    try {
      if (frame.id() < 0) {
        gathering.release(frame);
        return;
      }
      free.release(frame);
      if (free.count() >= batch || posted < batch) {
        post();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Callbacks on again. @return false: there is something, and they stay off */
  boolean restart() {
    lock.lock();
    try {
      return down || queue.restart() || broken;
    } finally {
      lock.unlock();
    }
  }

  /** No operation of the queue begins from here on. */
  void stop() {
    lock.lock();
    try {
      down = true;
    } finally {
      lock.unlock();
    }
  }

  /** The device is stopped: what it had comes back. */
  void detach() {
    lock.lock();
    try {
      // What was used and never taken is back as well: the ring gives each once, by get or by detach.
      posted = free.detach(queue, posted);
    } finally {
      lock.unlock();
    }
  }

  /** Null, or what the device has done that no device may. */
  String broken() {
    return broken ? "queue " + queue.index() + ": num_buffers beyond what was posted" : null;
  }

  long received() {
    return received;
  }

  long bytes() {
    return bytes;
  }

  long malformed() {
    return malformed;
  }
}
