package virtio.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import virtio.bus.Queue;

/**
 * Times the same driver and the same loop on QEMU's device and on our own, over either ring, in turns, so that both meet the same machine, and
 * prints for each depth the best turn of each: what went over the ring, and how often either side had to wake the other. {@code bench/run disks} starts it.
 */
public final class DiskBench {
  private static final long BYTES = 64L << 20;
  private static final int[] DEPTHS = {1, 32, 128};
  private static final int TURNS = 3;
  private static final long SPAN = TimeUnit.SECONDS.toNanos(1);
  private static final String ROW = "| %-27s | %5s | %8s | %9s | %10s | %10s |%n";

  /** One turn: how many reads in how many nanoseconds, and what the queue counted. */
  private record Turn(long reads, long nanos, long requests, long doorbells, long interrupts) {
    double rate() {
      return reads * 1e9 / nanos;
    }
  }

  private DiskBench() {}

  /** @param arguments a folder for the image; without one, memory's, where there is such a folder */
  public static void main(String[] arguments) throws IOException {
    Path folder = arguments.length > 0 ? Path.of(arguments[0]) : memory();
    Path image = Files.createTempFile(folder, "virtio-bench", ".raw");
    Path other = Files.createTempFile(folder, "virtio-bench", ".raw");
    try {
      fill(image);
      fill(other);
      try (PluggedDisk split = PluggedDisk.split(image); PluggedDisk socket = PluggedDisk.socket(other);
          PluggedDisk qemu = PluggedDisk.qemu(BYTES, true); PluggedDisk posted = PluggedDisk.qemu(BYTES, false)) {
        PluggedDisk[] disks = {qemu, posted, split, socket};
        print(disks, measure(disks));
        System.out.printf("4 KiB random reads over 64 MiB, best of %d turns of %d s; the driver has 64 requests on the ring at most.%n"
            + "Counted at the driver's end; what completes while it still looks needs no interrupt.%n"
            + "block.pci: QEMU's virtio-blk-pci, back end null-co (read-zeroes), a process of its own; its doorbell is an eventfd%n"
            + "(%d rung so), or, with ioeventfd=off, a line on its qtest socket (%d rung by an eventfd).%n"
            + "block.lguest: device.block in this JVM, image file on %s (%s).%n"
            + "The socket ring has no doorbells and no interrupts: a frame is its own, and every byte is copied.%n",
            TURNS, SPAN / 1_000_000_000L, qemu.eventfds(), posted.eventfds(), Files.getFileStore(image).type(), folder);
      }
    } finally {
      Files.delete(image);
      Files.delete(other);
    }
  }

  private static Path memory() {
    Path shared = Path.of("/dev/shm");
    return Files.isWritable(shared) ? shared : Path.of(System.getProperty("java.io.tmpdir"));
  }

  private static void fill(Path image) throws IOException {
    byte[] piece = new byte[1 << 20];
    Random random = new Random(7);
    try (OutputStream out = Files.newOutputStream(image)) {
      for (long at = 0; at < BYTES; at += piece.length) {
        random.nextBytes(piece);
        out.write(piece);
      }
    }
  }

  /** By depth and disk; a first turn, which warms up, does not count. */
  private static Turn[][] measure(PluggedDisk... disks) throws IOException {
    Turn[][] best = new Turn[DEPTHS.length][disks.length];
    for (int turn = 0; turn <= TURNS; turn++) {
      for (int depth = 0; depth < DEPTHS.length; depth++) {
        for (int disk = 0; disk < disks.length; disk++) {
          Turn now = turn(disks[disk], DEPTHS[depth]);
          if (turn > 0 && (best[depth][disk] == null || best[depth][disk].rate() < now.rate())) {
            best[depth][disk] = now;
          }
        }
      }
    }
    return best;
  }

  private static Turn turn(PluggedDisk disk, int depth) throws IOException {
    try (ReadLoop loop = new ReadLoop(disk.disk(), depth)) {
      Queue.Counters before = disk.counters();
      long start = System.nanoTime();
      long reads = loop.run(ReadLoop.lasting(SPAN));
      long nanos = System.nanoTime() - start;
      Queue.Counters after = disk.counters();
      return new Turn(reads, nanos, after.published() - before.published(), after.raised() - before.raised(),
          after.signalled() - before.signalled());
    }
  }

  private static void print(PluggedDisk[] disks, Turn[][] best) {
    PrintStream out = System.out;
    out.printf(ROW, "combination", "depth", "requests", "doorbells", "interrupts", "requests/s");
    out.printf(ROW.replace("%-27s", "%s").replace("%5s", "%s:").replaceAll("%\\d+s", "%s:"), "-".repeat(27), "-".repeat(4), "-".repeat(7),
        "-".repeat(8), "-".repeat(9), "-".repeat(9));
    for (int disk = 0; disk < disks.length; disk++) {
      for (int depth = 0; depth < DEPTHS.length; depth++) {
        Turn turn = best[depth][disk];
        out.printf(ROW, disks[disk].combination(), DEPTHS[depth], turn.requests(), turn.doorbells(), turn.interrupts(),
            String.format(Locale.ROOT, "%.0f", turn.rate()));
      }
    }
  }
}
