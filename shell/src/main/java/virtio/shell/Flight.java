package virtio.shell;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import virtio.block.BlockDevice;
import virtio.block.BlockException;
import virtio.block.BlockMemory;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Outcome;

/** A fixed number of requests of one size that are in flight at the same time, each with memory of its own. One thread. */
final class Flight implements AutoCloseable {
  private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(1);
  /** Above any deadline that a port has by default: who waits longer waits for nothing. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
  private static final int SECTOR = 512;

  private final BlockDevice disk;
  private final BlockRequest[] requests;
  private final BlockMemory direct;
  private final MemorySegment[] memory;

  /** @param bytes of each request, a multiple of 512 */
  Flight(BlockDevice disk, int depth, int bytes) {
    this.disk = disk;
    this.direct = disk.allocate((long) depth * bytes);
    MemorySegment all = direct == null ? MemorySegment.ofArray(new byte[depth * bytes]) : direct.segment();
    this.requests = new BlockRequest[depth];
    this.memory = new MemorySegment[depth];
    Thread owner = Thread.currentThread();
    for (int slot = 0; slot < depth; slot++) {
      memory[slot] = all.asSlice((long) slot * bytes, bytes);
      requests[slot] = disk.request().then(request -> LockSupport.unpark(owner));
    }
  }

  int depth() {
    return requests.length;
  }

  /** Of that slot; the disk's from start to {@link #land}. */
  MemorySegment memory(int slot) {
    return memory[slot];
  }

  /** Reads at that byte of the disk, a multiple of 512. */
  void read(int slot, long at, long bytes) throws IOException {
    start(requests[slot].read(at / SECTOR, memory[slot].asSlice(0, bytes)));
  }

  /** Writes at that byte of the disk, a multiple of 512. */
  void write(int slot, long at, long bytes) throws IOException {
    start(requests[slot].write(at / SECTOR, memory[slot].asSlice(0, bytes)));
  }

  private void start(BlockRequest request) throws IOException {
    long end = System.nanoTime() + PATIENCE;
    while (!disk.submit(request)) {
      pause(end, request);
    }
  }

  /** Waits for that slot's request, if one was started; anything but OK is an exception. */
  void land(int slot) throws IOException {
    BlockRequest request = requests[slot];
    long end = System.nanoTime() + PATIENCE;
    while (request.outcome() == Outcome.PENDING) {
      pause(end, request);
    }
    if (request.outcome() != Outcome.OK && request.outcome() != Outcome.NEW) {
      throw new BlockException(disk.name(), request);
    }
  }

  /** Waits for all. */
  void landAll() throws IOException {
    for (int slot = 0; slot < requests.length; slot++) {
      land(slot);
    }
  }

  private void pause(long end, BlockRequest request) throws IOException {
    if (System.nanoTime() - end > 0) {
      throw new IOException(disk.name() + ": " + request.operation() + " sector=" + request.sector() + ": no answer");
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException(disk.name() + ": interrupted");
    }
    LockSupport.parkNanos(LOOK_AGAIN);
  }

  /** Gives the memory back, once nothing is in flight any more; what is still pending then keeps it. */
  @Override
  public void close() {
    if (direct == null) {
      return;
    }
    for (BlockRequest request : requests) {
      if (request.outcome() == Outcome.PENDING) {
        return;
      }
    }
    direct.close();
  }
}
