package virtio.driver.pipe;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import virtio.bus.Chain;
import virtio.bus.DmaMemory;
import virtio.bus.Queue;
import virtio.bus.Virtqueue;

/**
 * The receive side: every buffer is the device's until it has bytes in it, and again once they are read. So a reader who is slow makes the
 * device wait. Any thread; one lock guards queue and slots. Callbacks are off but for a reader that was told "nothing now".
 */
final class Receiver {
  private final Virtqueue queue;
  private final Sizing.Area area;
  private final DmaMemory memory;
  private final Slot[] slots;
  private final Chain chain = new Chain(1);
  private final ReentrantLock lock = new ReentrantLock();
  private final Runnable empty;
  /** Arrived and not read, in order. */
  private Slot first;
  private Slot last;
  private long received;
  private boolean filled;
  private boolean closed;
  private boolean spoilt;

  /** @param empty told once, outside the lock, when the device gives a buffer back without a byte in it: it is none of ours then */
  Receiver(Virtqueue queue, Sizing.Area area, Runnable empty) {
    this.queue = queue;
    this.area = area;
    this.memory = area.memory();
    this.slots = area.cut();
    this.empty = empty;
  }

  /** The device gets all buffers, once. */
  void fill() {
    lock.lock();
    try {
      for (Slot slot : slots) {
        if (!closed && !filled) {
          give(slot);
        }
      }
      filled = true;
      if (!closed) {
        queue.sync();
      }
    } finally {
      lock.unlock();
    }
  }

  private void give(Slot slot) {
    chain.clear().writable(memory, slot.place, area.bytes());
    // One part, and a place for each slot: what refuses is a queue that is not well.
    slot.out = queue.add(chain, slot) == Virtqueue.Added.OK;
  }

  /** @return bytes; 0: none now, and the callback comes */
  long read(MemorySegment into, long offset, long bytes) {
    lock.lock();
    try {
      long done = 0;
      boolean given = false;
      while (done < bytes && !closed) {
        if (first == null && !arrive()) {
          if (done > 0 || queue.restart() || !well()) {
            break;
          }
          continue;
        }
        Slot slot = first;
        int step = (int) Math.min(bytes - done, slot.bytes - slot.read);
        MemorySegment.copy(memory.segment(), slot.place + slot.read, into, offset + done, step);
        slot.read += step;
        done += step;
        if (slot.read == slot.bytes) {
          first = slot.next;
          slot.next = null;
          give(slot);
          given = true;
        }
      }
      if (given) {
        queue.sync();
      }
      return done;
    } finally {
      leave();
    }
  }

  private void leave() {
    boolean tell = spoilt;
    spoilt = false;
    lock.unlock();
    if (tell) {
      empty.run();
    }
  }

  private boolean well() {
    return queue.state() == Queue.State.LIVE || queue.state() == Queue.State.NEW;
  }

  /** Under the lock: takes the next used buffer. @return false when there is none */
  private boolean arrive() {
    Slot slot = (Slot) queue.get();
    if (slot == null) {
      return false;
    }
    slot.out = false;
    slot.bytes = (int) queue.written();
    slot.read = 0;
    if (slot.bytes == 0) {
      closed = true;
      spoilt = true;
      return false;
    }
    received += slot.bytes;
    if (first == null) {
      first = slot;
    } else {
      last.next = slot;
    }
    last = slot;
    return true;
  }

  private void takeAll() {
    boolean more = !closed;
    while (more) {
      more = arrive();
    }
  }

  /** Takes all that the device has given; it stays to be read. @return bytes that it has given since it was bound */
  long collect() {
    lock.lock();
    try {
      takeAll();
      return received;
    } finally {
      leave();
    }
  }

  /** No operation of the queue begins after this. */
  void close() {
    lock.lock();
    try {
      takeAll();
      closed = true;
    } finally {
      leave();
    }
  }

  /** After the reset: the buffers come back, and what is in the others is handed on, in order. */
  void end(Consumer<MemorySegment> left) {
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
    for (Slot slot = first; slot != null; slot = slot.next) {
      left.accept(memory.segment().asSlice(slot.place + slot.read, slot.bytes - slot.read));
    }
  }
}
