package virtio.shell;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.ConfigurationAdmin;
import virtio.block.BlockDevice;

/** One combination put to the test: set up, written to, read back, compared, measured, taken away. One thread. */
final class Trial {
  private static final System.Logger LOG = System.getLogger("virtio.shell");
  private static final int BRICKS_SECONDS = 2;
  private static final int DISK_SECONDS = 15;
  /** The image where the user gave none; and the most that is written to a copy of the user's. */
  private static final long IMAGE = 64L << 20;
  private static final long PIECE_OF_LINE = 1L << 20;

  private final BundleContext context;
  private final ConfigurationAdmin admin;
  private final Bricks bricks;
  private final Path folder;
  private final CheckOptions options;
  private final Progress progress;

  /** @param folder for images; somebody else's to delete */
  Trial(BundleContext context, ConfigurationAdmin admin, Bricks bricks, Path folder, CheckOptions options, Progress progress) {
    this.context = context;
    this.admin = admin;
    this.bricks = bricks;
    this.folder = folder;
    this.options = options;
    this.progress = progress;
  }

  Outcome run(String combination) {
    Parts parts;
    try {
      parts = Parts.of(combination);
    } catch (IllegalArgumentException e) {
      return Outcome.failed(e.getMessage());
    }
    for (String pid : parts.pids()) {
      if (!bricks.takes(pid)) {
        return Outcome.skipped("no bundle here takes " + pid);
      }
    }
    if (!parts.driver().equals("block")) {
      return Outcome.skipped("only block is checked");
    }
    if (parts.real() && !Mount.qemu()) {
      return Outcome.skipped(Mount.QEMU + " not found");
    }
    if (!Wait.until(BRICKS_SECONDS, () -> bricks.missing(combination).isEmpty(), left -> { })) {
      return Outcome.failed(bricks.missing(combination).stream().map(m -> "missing " + m.reference() + " " + m.target())
          .collect(Collectors.joining(", ")));
    }
    return tried(parts);
  }

  private Outcome tried(Parts parts) {
    Path image = folder.resolve(parts.name() + ".img");
    try {
      makeImage(image);
      return mounted(parts, image);
    } catch (IOException | RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, parts.name(), e);
      return Outcome.failed(e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  private void makeImage(Path image) throws IOException {
    if (options.image() != null) {
      say("copying " + options.image().getFileName());
      Files.copy(options.image(), image);
      return;
    }
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(IMAGE);
    }
  }

  private Outcome mounted(Parts parts, Path image) throws IOException {
    try (Mount mount = Mount.of(context, admin, parts, image)) {
      String filter = "(virtio.port=" + mount.name() + ")";
      if (!Wait.until(DISK_SECONDS, () -> reference(filter) != null, left -> say("waiting for the disk: " + left + " s left"))) {
        return Outcome.failed("no disk after " + DISK_SECONDS + " s: " + (mount.state().isEmpty() ? "no port" : mount.state()));
      }
      ServiceReference<BlockDevice> reference = reference(filter);
      BlockDevice disk = reference == null ? null : context.getService(reference);
      if (disk == null) {
        return Outcome.failed("the disk came and went: " + mount.state());
      }
      try {
        return compared(disk, image);
      } finally {
        context.ungetService(reference);
      }
    } finally {
      Files.deleteIfExists(image);
    }
  }

  private Outcome compared(BlockDevice disk, Path image) throws IOException {
    long size = Files.size(image);
    long served = disk.capacity() * 512;
    if (served != size) {
      return Outcome.failed("the disk has " + served + " bytes, its image " + size);
    }
    if (options.image() != null) {
      String original = Content.of(options.image(), size);
      String through = new Content(disk, done("reading", size)).read(size);
      if (!through.equals(original)) {
        return Outcome.failed("read SHA-256 " + through + ", " + options.image() + " has " + original);
      }
    }
    long bytes = Math.min(size, IMAGE);
    String sent = new Content(disk, done("writing", bytes)).write(bytes, options.sabotage());
    String read = new Content(disk, done("reading back", bytes)).read(bytes);
    String file = Content.of(image, bytes);
    if (!sent.equals(read) || !sent.equals(file)) {
      return Outcome.failed("sent SHA-256 " + sent + ", read back " + read + ", image file " + file);
    }
    say("measuring");
    return Outcome.ok("%s MiB equal, SHA-256 %s: %s".formatted(bytes / PIECE_OF_LINE, sent.substring(0, 12),
        new Throughput(disk, bytes).measure()));
  }

  private ServiceReference<BlockDevice> reference(String filter) {
    try {
      return context.getServiceReferences(BlockDevice.class, filter).stream().findFirst().orElse(null);
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private LongConsumer done(String what, long of) {
    return bytes -> say("%s: %d of %d MiB".formatted(what, bytes / PIECE_OF_LINE, of / PIECE_OF_LINE));
  }

  private void say(String text) {
    progress.say(text);
  }
}
