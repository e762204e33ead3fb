package virtio.block.port;

import java.lang.foreign.MemorySegment;
import virtio.block.BlockMemory;
import virtio.block.Disk;
import virtio.bus.DmaMemory;

/** Memory of one disk, in a user's hands; it holds on to that disk until it is closed. */
final class PortMemory implements BlockMemory {
  private final Traffic traffic;
  private final Disk disk;
  private final DmaMemory memory;
  private boolean closed;

  PortMemory(Traffic traffic, Disk disk, DmaMemory memory) {
    this.traffic = traffic;
    this.disk = disk;
    this.memory = memory;
  }

  @Override
  public MemorySegment segment() {
    return memory.segment();
  }

  @Override
  public synchronized boolean direct() {
    return !closed && traffic.serving() == disk && disk.direct(memory.segment());
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    if (traffic.uses(memory.segment())) {
      throw new IllegalStateException("memory=" + memory.segment() + " is used by a pending request");
    }
    closed = true;
    disk.free(memory);
  }
}
