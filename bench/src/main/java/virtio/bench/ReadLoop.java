package virtio.bench;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import virtio.block.BlockDevice;
import virtio.block.BlockException;
import virtio.block.BlockMemory;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Outcome;

/**
 * Random reads of 4 KiB, a fixed number of them in flight: what has come back is sent out again, all of it with one call. Memory is the
 * disk's own, so nothing is copied. One thread.
 */
final class ReadLoop implements AutoCloseable {
  private static final int BYTES = 4096;
  private static final int SECTORS = BYTES / 512;
  private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(10);

  private final BlockDevice disk;
  private final BlockMemory memory;
  private final BlockRequest[] requests;
  private final MemorySegment[] places;
  private final BlockRequest[] batch;
  private final SplittableRandom random = new SplittableRandom(7);
  private final long pages;

  ReadLoop(BlockDevice disk, int depth) {
    this.disk = disk;
    this.memory = disk.allocate((long) depth * BYTES);
    if (memory == null || !memory.direct()) {
      throw new IllegalStateException(disk.name() + ": no memory of its own for depth=" + depth);
    }
    this.requests = new BlockRequest[depth];
    this.places = new MemorySegment[depth];
    this.batch = new BlockRequest[depth];
    this.pages = disk.capacity() / SECTORS;
    Thread owner = Thread.currentThread();
    for (int slot = 0; slot < depth; slot++) {
      places[slot] = memory.segment().asSlice((long) slot * BYTES, BYTES);
      requests[slot] = disk.request().then(done -> LockSupport.unpark(owner));
    }
  }

  /** @return how many were read when the time was over and all were back */
  long run(Duty duty) throws IOException {
    long read = 0;
    int flying = 0;
    while (true) {
      int idle = collect();
      read += flying - (requests.length - idle);
      flying = requests.length - idle;
      boolean more = duty.goesOn();
      int taken = more && idle > 0 ? disk.submit(batch, 0, idle) : 0;
      flying += taken;
      if (!more && flying == 0) {
        return read;
      }
      if (taken == 0) {
        LockSupport.parkNanos(this, LOOK_AGAIN);
      }
    }
  }

  /** Sets up anew what is not in flight; returns how many. */
  private int collect() throws IOException {
    int count = 0;
    for (int slot = 0; slot < requests.length; slot++) {
      Outcome outcome = requests[slot].outcome();
      if (outcome == Outcome.PENDING) {
        continue;
      }
      if (outcome != Outcome.OK && outcome != Outcome.NEW) {
        throw new BlockException(disk.name(), requests[slot]);
      }
      batch[count++] = requests[slot].read(random.nextLong(pages) * SECTORS, places[slot]);
    }
    return count;
  }

  /** How long to go on. */
  interface Duty {
    boolean goesOn();
  }

  /** Until that much time has gone from now on. */
  static Duty lasting(long nanos) {
    long end = System.nanoTime() + nanos;
    return () -> System.nanoTime() - end < 0;
  }

  @Override
  public void close() {
    memory.close();
  }
}
