package virtio.shell;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import virtio.block.BlockDevice;

/** What is on a disk, and what in a file, told apart by SHA-256. One thread. */
final class Content {
  private static final int DEPTH = 8;
  private static final int PIECE = 256 << 10;

  private final BlockDevice disk;
  private final LongConsumer done;

  /** @param done told the bytes done, now and then */
  Content(BlockDevice disk, LongConsumer done) {
    this.disk = disk;
    this.done = done;
  }

  /**
   * Writes pseudo-random bytes from the disk's start, and flushes.
   *
   * @param spoil flips one byte after it went into the sum
   * @return the SHA-256 of what was meant to be written
   */
  String write(long bytes, boolean spoil) throws IOException {
    SplittableRandom random = new SplittableRandom();
    MessageDigest sum = sha256();
    try (Flight flight = new Flight(disk, DEPTH, PIECE)) {
      for (long at = 0; at < bytes; at += PIECE) {
        int slot = slot(at);
        flight.land(slot);
        MemorySegment piece = flight.memory(slot).asSlice(0, Math.min(PIECE, bytes - at));
        fill(piece, random);
        sum.update(piece.asByteBuffer());
        if (spoil && at == 0) {
          piece.set(ValueLayout.JAVA_BYTE, 0, (byte) ~piece.get(ValueLayout.JAVA_BYTE, 0));
        }
        flight.write(slot, at, piece.byteSize());
        done.accept(at);
      }
      flight.landAll();
    }
    disk.flush();
    return HexFormat.of().formatHex(sum.digest());
  }

  /** The SHA-256 of the disk's first bytes. */
  String read(long bytes) throws IOException {
    MessageDigest sum = sha256();
    try (Flight flight = new Flight(disk, DEPTH, PIECE)) {
      long ahead = 0;
      for (long at = 0; at < bytes; at += PIECE) {
        for (; ahead < bytes && ahead < at + (long) DEPTH * PIECE; ahead += PIECE) {
          flight.read(slot(ahead), ahead, Math.min(PIECE, bytes - ahead));
        }
        flight.land(slot(at));
        sum.update(flight.memory(slot(at)).asSlice(0, Math.min(PIECE, bytes - at)).asByteBuffer());
        done.accept(at);
      }
    }
    return HexFormat.of().formatHex(sum.digest());
  }

  /** The SHA-256 of a file's first bytes, read past all virtio. */
  static String of(Path file, long bytes) throws IOException {
    MessageDigest sum = sha256();
    ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      for (long at = 0; at < bytes; at += piece.limit()) {
        piece.clear().limit((int) Math.min(PIECE, bytes - at));
        while (piece.hasRemaining()) {
          if (channel.read(piece, at + piece.position()) < 0) {
            throw new IOException(file + " ends at " + (at + piece.position()) + ", not at " + bytes);
          }
        }
        sum.update(piece.flip());
      }
    }
    return HexFormat.of().formatHex(sum.digest());
  }

  private static int slot(long at) {
    return (int) (at / PIECE % DEPTH);
  }

  private static void fill(MemorySegment piece, SplittableRandom random) {
    for (long at = 0; at < piece.byteSize(); at += Long.BYTES) {
      piece.set(ValueLayout.JAVA_LONG_UNALIGNED, at, random.nextLong());
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }
}
