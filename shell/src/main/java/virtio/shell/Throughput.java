package virtio.shell;

import java.io.IOException;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import virtio.block.BlockDevice;

/** How much goes through a disk: a first impression, in a fraction of a second each. Overwrites what is there. One thread. */
final class Throughput {
  private static final long SPAN = TimeUnit.MILLISECONDS.toNanos(300);
  private static final int PIECE = 256 << 10;
  private static final int PIECES = 8;
  private static final int SMALL = 4 << 10;
  private static final int DEPTH = 32;

  private final BlockDevice disk;
  private final long bytes;

  /** @param bytes how much of the disk to use, from its start */
  Throughput(BlockDevice disk, long bytes) {
    this.disk = disk;
    this.bytes = bytes;
  }

  /** One start of a request. */
  @FunctionalInterface
  private interface Start {
    void at(int slot, long at, long bytes) throws IOException;
  }

  /** {@code "write 310 MiB/s, read 420 MiB/s, 4 KiB at depth 32: 81000 reads/s"}. */
  String measure() throws IOException {
    StringBuilder text = new StringBuilder();
    try (Flight flight = new Flight(disk, PIECES, PIECE)) {
      text.append("write %.0f MiB/s".formatted(mebibytes(flight, flight::write)));
      disk.flush();
      text.append(", read %.0f MiB/s".formatted(mebibytes(flight, flight::read)));
    }
    try (Flight flight = new Flight(disk, DEPTH, SMALL)) {
      text.append(", 4 KiB at depth %d: %.0f reads/s".formatted(DEPTH, requests(flight, flight::read)));
      text.append(", %.0f writes/s".formatted(requests(flight, flight::write)));
    }
    return text.toString();
  }

  private double mebibytes(Flight flight, Start start) throws IOException {
    if (bytes < PIECE) {
      return 0;
    }
    long places = bytes / PIECE;
    return perSecond(flight, (slot, number) -> start.at(slot, number % places * PIECE, PIECE)) * PIECE / (1 << 20);
  }

  private double requests(Flight flight, Start start) throws IOException {
    if (bytes < SMALL) {
      return 0;
    }
    SplittableRandom random = new SplittableRandom();
    long places = bytes / SMALL;
    return perSecond(flight, (slot, number) -> start.at(slot, random.nextLong(places) * SMALL, SMALL));
  }

  @FunctionalInterface
  private interface Next {
    void start(int slot, long number) throws IOException;
  }

  private static double perSecond(Flight flight, Next next) throws IOException {
    long begin = System.nanoTime();
    long number = 0;
    while (System.nanoTime() - begin < SPAN) {
      int slot = (int) (number % flight.depth());
      flight.land(slot);
      next.start(slot, number++);
    }
    flight.landAll();
    return number * 1e9 / (System.nanoTime() - begin);
  }
}
