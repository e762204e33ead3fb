package virtio.block.port;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.bus.spec.VirtioBlk;

/** Requests of the port's own, given straight to a disk while its users' requests are held. On the port's thread, which waits. */
record Errand(Traffic traffic, Predicate<Disk> lost) {
  private static final long NAP = 10_000_000;

  /** The id string; empty where the device has none; null when it did not answer in time, or is no more. */
  String id(Disk disk, long nanos) {
    byte[] bytes = new byte[VirtioBlk.VIRTIO_BLK_ID_BYTES];
    PortRequest request = new PortRequest(traffic).id(MemorySegment.ofArray(bytes));
    if (!perform(disk, request, nanos)) {
      return null;
    }
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return request.outcome() == Outcome.OK ? new String(bytes, 0, length, StandardCharsets.ISO_8859_1) : "";
  }

  /** Makes stable what has completed; {@link Traffic#unstable} says afterwards whether that went well. */
  void flush(Disk disk, long nanos) {
    PortRequest request = new PortRequest(traffic).flush();
    request.covers = traffic.writes();
    perform(disk, request, nanos);
  }

  /** @return whether the device itself has answered */
  private boolean perform(Disk disk, PortRequest request, long nanos) {
    request.begin();
    request.waiter(Thread.currentThread());
    if (!disk.start(request)) {
      return false;
    }
    disk.kick();
    long end = System.nanoTime() + nanos;
    while (request.outcome() == Outcome.PENDING && end - System.nanoTime() > 0 && !lost.test(disk)) {
      if (disk.poll() == 0) {
        LockSupport.parkNanos(this, Math.min(NAP, end - System.nanoTime()));
      }
    }
    return switch (request.outcome()) {
      case OK, IO_ERROR, UNSUPPORTED, NO_STATUS -> true;
      default -> false;
    };
  }
}
