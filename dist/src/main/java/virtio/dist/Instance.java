package virtio.dist;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * The folder of one running container: {@code load/} and {@code etc/}, which are watched, the framework's cache, the log, and the
 * default image. Only one container at a time uses it.
 */
final class Instance implements AutoCloseable {
  /** Size in bytes of the image that is made on first use: 64 MiB. */
  static final long IMAGE_SIZE = 64L << 20;

  private final Path folder;
  private final boolean temporary;
  private final FileChannel lock;

  private Instance(Path folder, boolean temporary, FileChannel lock) {
    this.folder = folder;
    this.temporary = temporary;
    this.lock = lock;
  }

  /**
   * Opens the folder of the interactive container, and makes it if need be.
   *
   * @throws IllegalStateException if another container uses it
   */
  static Instance at(Path folder) throws IOException {
    Files.createDirectories(folder);
    return open(folder, false);
  }

  /** Makes a folder that is gone after {@link #close()}. */
  static Instance temporary() throws IOException {
    return open(Files.createTempDirectory("virtio-"), true);
  }

  private static Instance open(Path folder, boolean temporary) throws IOException {
    FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (!locked(channel)) {
      channel.close();
      throw new IllegalStateException("another container runs in " + folder);
    }
    Instance instance = new Instance(folder.toRealPath(), temporary, channel);
    for (Path old : new Path[] {instance.load(), instance.etc(), instance.cache()}) {
      delete(old);
      Files.createDirectories(old);
    }
    return instance;
  }

  private static boolean locked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** Returns the folder itself, absolute. */
  Path folder() {
    return folder;
  }

  /** Returns the watched folder of bundles. */
  Path load() {
    return folder.resolve("load");
  }

  /** Returns the watched folder of configurations. */
  Path etc() {
    return folder.resolve("etc");
  }

  /** Returns the framework's own folder. */
  Path cache() {
    return folder.resolve("cache");
  }

  /** Returns the log file. */
  Path log() {
    return folder.resolve("virtio.log");
  }

  /** Returns the default image; it is made, sparse, if it is not there. */
  Path image() throws IOException {
    Path image = folder.resolve("disk0.img");
    if (!Files.exists(image)) {
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(IMAGE_SIZE);
      }
    }
    return image;
  }

  /** Returns the bundles that lie in the watched folder now. */
  List<Path> bricks() throws IOException {
    return Home.files(load(), "*.jar");
  }

  /** Copies a bundle into the watched folder; a watcher sees all of it or nothing. */
  void deploy(Path bundle) throws IOException {
    Path part = Files.copy(bundle, cache().resolve(bundle.getFileName()));
    Files.move(part, load().resolve(bundle.getFileName()), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Writes a configuration into the watched folder; a watcher sees all of it or nothing. */
  void configure(String name, String text) throws IOException {
    Path part = Files.writeString(cache().resolve(name), text);
    Files.move(part, etc().resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Gives the folder up, and deletes it if it was temporary. */
  @Override
  public void close() throws IOException {
    for (int attempts = 3; temporary && Files.exists(folder); attempts--) {
      try {
        delete(folder);
      } catch (DirectoryNotEmptyException | NoSuchFileException e) {
        // At an interrupt another thread may still be at work here.
        if (attempts == 0) {
          throw e;
        }
      }
    }
    lock.close();
  }

  private static void delete(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(root, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
        Files.delete(file);
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
        if (failure != null) {
          throw failure;
        }
        Files.delete(directory);
        return FileVisitResult.CONTINUE;
      }
    });
  }
}
