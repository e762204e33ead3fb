package virtio.shell;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.LongConsumer;
import virtio.block.BlockDevice;

/** A disk: written, flushed, read back, and compared with its image. */
final class DiskExercise implements Exercise {
  /** The image where the user gave none; and the most that is written to a copy of the user's. */
  private static final long IMAGE = 64L << 20;
  private static final long PIECE_OF_LINE = 1L << 20;

  private final Path folder;
  private final CheckOptions options;
  private final Progress progress;
  private Path image;
  /** What lies in the file is not what lies on the disk. */
  private boolean qcow2;

  DiskExercise(Path folder, CheckOptions options, Progress progress) {
    this.folder = folder;
    this.options = options;
    this.progress = progress;
  }

  @Override
  public Outcome on(Mount mount) throws IOException {
    qcow2 = options.image() != null && CheckOptions.isQcow2(options.image());
    if (qcow2 && !mount.parts().real()) {
      return Outcome.failed(options.image() + " is a qcow2 image, which QEMU reads and our own device does not");
    }
    image = folder.resolve(mount.parts().name() + ".img");
    makeImage();
    if (mount.parts().real()) {
      String drive = image.toString().replace(",", ",,") + ",format=" + (qcow2 ? "qcow2" : "raw") + ",serial=" + mount.name();
      mount.machine(Map.of("drives", new String[] {drive}));
    } else {
      mount.machine(Map.of());
      mount.device("", Map.of("image", image.toString(), "readonly", "false", "serial", mount.name()));
    }
    mount.port("", Map.of());
    return compared(mount.await(BlockDevice.class, "", left -> progress.say("waiting for the disk: " + left + " s left")));
  }

  private void makeImage() throws IOException {
    if (options.image() != null) {
      progress.say("copying " + options.image().getFileName());
      Files.copy(options.image(), image);
      return;
    }
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(IMAGE);
    }
  }

  private Outcome compared(BlockDevice disk) throws IOException {
    long served = disk.capacity() * 512;
    long size = qcow2 ? served : Files.size(image);
    if (served != size) {
      return Outcome.failed("the disk has " + served + " bytes, its image " + size);
    }
    if (options.image() != null && !qcow2) {
      String original = Content.of(options.image(), size);
      String through = new Content(disk, done("reading", size)).read(size);
      if (!through.equals(original)) {
        return Outcome.failed("read SHA-256 " + through + ", " + options.image() + " has " + original);
      }
    }
    long bytes = Math.min(size, IMAGE);
    String sent = new Content(disk, done("writing", bytes)).write(bytes, options.sabotage());
    String read = new Content(disk, done("reading back", bytes)).read(bytes);
    String file = qcow2 ? read : Content.of(image, bytes);
    if (!sent.equals(read) || !sent.equals(file)) {
      return Outcome.failed("sent SHA-256 " + sent + ", read back " + read + ", image file " + file);
    }
    progress.say("measuring");
    return Outcome.ok("%s MiB equal, SHA-256 %s: %s".formatted(bytes / PIECE_OF_LINE, sent.substring(0, 12),
        new Throughput(disk, bytes).measure()));
  }

  private LongConsumer done(String what, long of) {
    return bytes -> progress.say("%s: %d of %d MiB".formatted(what, bytes / PIECE_OF_LINE, of / PIECE_OF_LINE));
  }

  @Override
  public void close() throws IOException {
    if (image != null) {
      Files.deleteIfExists(image);
    }
  }
}
