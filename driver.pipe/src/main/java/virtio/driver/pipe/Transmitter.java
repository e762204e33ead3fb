package virtio.driver.pipe;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.Queue;
import virtio.bus.Virtqueue;

/**
 * The transmit side: bytes are copied into slots, which come back when the device has taken them. Any thread; one lock guards queue and
 * slots. Used slots are taken back by whoever writes or asks next; callbacks are off but for somebody who was told to wait.
 */
final class Transmitter {
  private final Virtqueue queue;
  private final DmaMemory memory;
  private final int room;
  private final Slot[] slots;
  private final Chain chain = new Chain(1);
  private final ReentrantLock lock = new ReentrantLock();
  private Slot free;
  private long written;
  private long taken;
  private boolean stopped;
  private boolean closed;

  Transmitter(Virtqueue queue, Sizing.Area area) {
    this.queue = queue;
    this.memory = area.memory();
    this.room = area.bytes();
    this.slots = area.cut();
    for (Slot slot : slots) {
      slot.next = free;
      free = slot;
    }
  }

  /** @return bytes; 0: no room now, and the callback comes */
  long write(MemorySegment from, long offset, long bytes) {
    lock.lock();
    try {
      long done = 0;
      while (done < bytes && !stopped) {
        int step = (int) Math.min(room, bytes - done);
        if (!reclaimed() || !send(from, offset + done, step)) {
          if (done > 0 || queue.restart() || !well()) {
            break;
          }
          continue;   // used meanwhile
        }
        done += step;
      }
      if (done > 0) {
        written += done;
        queue.sync();
      }
      return done;
    } finally {
      lock.unlock();
    }
  }

  private boolean send(MemorySegment from, long offset, int bytes) {
    Slot slot = free;
    MemorySegment.copy(from, offset, memory.segment(), slot.place, bytes);
    chain.clear().readable(memory, slot.place, bytes);
    if (queue.add(chain, slot) != Virtqueue.Added.OK) {
      return false;
    }
    free = slot.next;
    slot.next = null;
    slot.out = true;
    slot.bytes = bytes;
    return true;
  }

  private boolean well() {
    return queue.state() == Queue.State.LIVE || queue.state() == Queue.State.NEW;
  }

  /** Under the lock: takes back what was used. @return whether there is a free slot */
  private boolean reclaimed() {
    if (free == null) {
      reclaim();
    }
    return free != null;
  }

  private void reclaim() {
    for (Slot slot = (Slot) queue.get(); slot != null; slot = (Slot) queue.get()) {
      slot.out = false;
      taken += slot.bytes;
      slot.next = free;
      free = slot;
    }
  }

  /** @return bytes written that the device has not taken; more than 0: the callback comes */
  long pending() {
    lock.lock();
    try {
      do {
        if (!closed) {
          reclaim();
        }
      } while (written != taken && !closed && !queue.restart() && well());
      return written - taken;
    } finally {
      lock.unlock();
    }
  }

  /** Nothing is written from here on; what was, the device may take. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
    } finally {
      lock.unlock();
    }
  }

  /** No operation of the queue begins after this. */
  void close() {
    lock.lock();
    try {
      if (!closed) {
        reclaim();
        stopped = true;
        closed = true;
      }
    } finally {
      lock.unlock();
    }
  }

  /** After the reset: the buffers come back. */
  void end() {
    lock.lock();
    try {
      for (Slot slot : slots) {
        if (slot.out && queue.detach(slot)) {
          slot.out = false;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Bytes that the device has taken, as far as was seen. */
  long taken() {
    lock.lock();
    try {
      return taken;
    } finally {
      lock.unlock();
    }
  }

  long written() {
    lock.lock();
    try {
      return written;
    } finally {
      lock.unlock();
    }
  }
}
