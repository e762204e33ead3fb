package virtio.bus.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import virtio.bus.AddressSpace;
import virtio.bus.Chain;
import virtio.bus.ConfigurationQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Virtqueue;

/**
 * The driver's end of a configuration queue: one buffer, over and over. It is looked at until the answer is there, and needs no
 * interrupt.
 */
final class AskingQueue implements ConfigurationQueue {
  private final Virtqueue queue;
  private final DmaMemory buffer;
  private final Duration patience;
  private final Chain chain = new Chain(2);
  /** The device has not answered: the buffer may still be its own. */
  private boolean lost;
  private Virtqueue.Added added;

  /** @param buffer of twice {@link #LARGEST} bytes, this queue's until it is {@linkplain #end ended} */
  AskingQueue(Virtqueue queue, DmaMemory buffer, Duration patience) {
    this.queue = queue;
    this.buffer = buffer;
    this.patience = patience;
  }

  @Override
  public synchronized byte[] ask(byte[] request) {
    if (request.length == 0 || request.length > LARGEST) {
      throw new IllegalArgumentException("request=" + request.length + " bytes (1 to " + LARGEST + ")");
    }
    if (lost) {
      return null;
    }
    MemorySegment.copy(request, 0, buffer.segment(), ValueLayout.JAVA_BYTE, 0, request.length);
    chain.clear().readable(buffer, 0, request.length).writable(buffer, LARGEST, LARGEST);
    lost = !Deadline.await(patience, this::settled) || added != Virtqueue.Added.OK
        || !Deadline.await(patience, () -> queue.get() == this);
    if (lost) {
      return null;
    }
    return buffer.segment().asSlice(LARGEST, queue.written()).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Adds, unless there is no room: a ring that is still being opened has none yet. */
  private boolean settled() {
    added = queue.add(chain, this);
    if (added == Virtqueue.Added.FULL) {
      queue.get();
      return false;
    }
    queue.sync();
    return true;
  }

  /** The queue is no more. @param confirmed whether the device has been reset since */
  void end(boolean confirmed, AddressSpace space) {
    if (space == null) {
      return;
    }
    if (lost && !confirmed) {
      space.quarantine(buffer);
    } else {
      space.free(buffer);
    }
  }
}
