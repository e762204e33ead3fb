package virtio.device.block;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import virtio.bus.spec.VirtioBlk;

/**
 * A disk image in a file: opened, locked against other devices here and other processes, read and written by byte position. All methods
 * exclude one another, so that a resize never meets a request half way.
 */
final class Image implements Closeable {
  private static final int ZEROES = 1 << 20;

  private final Path path;
  private final boolean readOnly;
  private final Object inUse;
  private final FileChannel channel;
  private final Holes holes;
  private final boolean punches;
  private ByteBuffer zeroes;
  private long bytes;

  private Image(Path path, boolean readOnly, Object inUse, FileChannel channel, Holes holes) throws IOException {
    this.path = path;
    this.readOnly = readOnly;
    this.inUse = inUse;
    this.channel = channel;
    this.holes = holes;
    this.punches = holes.supported();
    this.bytes = channel.size();
  }

  /**
   * Opens an existing image.
   *
   * @throws BadProperty saying what is wrong with it and what is allowed
   */
  static Image open(Path path, boolean readOnly) throws IOException, BadProperty {
    if (!Files.isRegularFile(path)) {
      throw bad(path, Files.exists(path) ? "not a file (a regular file)" : "missing (an existing file; or give size, to make one)");
    }
    if (!Files.isReadable(path) || !readOnly && !Files.isWritable(path)) {
      throw bad(path, readOnly ? "not readable" : "not writable (a writable file; or readonly=true)");
    }
    Object inUse = ImagesInUse.enter(path);
    if (inUse == null) {
      throw bad(path, "in use by another device here (one device for each image)");
    }
    FileChannel channel = null;
    Holes holes = Holes.NONE;
    Image image = null;
    try {
      channel = readOnly ? FileChannel.open(path, StandardOpenOption.READ)
          : FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
      lock(path, channel, readOnly);
      if (channel.size() % VirtioBlk.SECTOR != 0) {
        throw bad(path, "size=" + channel.size() + " bytes (a multiple of 512)");
      }
      holes = readOnly ? Holes.NONE : SparseHoles.open(path);
      image = new Image(path, readOnly, inUse, channel, holes);
      return image;
    } catch (AccessDeniedException e) {
      throw bad(path, "not accessible: " + e.getMessage());
    } finally {
      if (image == null) {
        if (channel != null) {
          channel.close();
        }
        holes.close();
        ImagesInUse.leave(inUse);
      }
    }
  }

  /** A new image of zeroes that takes up no room; its directory must be there. */
  static void create(Path path, long bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
      extend(channel, 0, bytes);
    }
  }

  private static void lock(Path path, FileChannel channel, boolean shared) throws IOException, BadProperty {
    FileLock lock;
    try {
      lock = channel.tryLock(0, Long.MAX_VALUE, shared);
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw bad(path, "in use by another process (one that writes, or several that read)");
    }
  }

  private static BadProperty bad(Path path, String trouble) {
    return new BadProperty("image=" + path + " " + trouble);
  }

  private static void extend(FileChannel channel, long from, long to) throws IOException {
    if (to > from) {
      channel.write(ByteBuffer.allocate(1), to - 1);
    }
  }

  Path path() {
    return path;
  }

  boolean readOnly() {
    return readOnly;
  }

  /** Whether {@link #discard} gives room back. */
  boolean punches() {
    return punches;
  }

  synchronized long bytes() {
    return bytes;
  }

  /** Fills the buffer's remaining bytes. @return false: the image ends before */
  synchronized boolean read(ByteBuffer into, long position) throws IOException {
    long at = position;
    while (into.hasRemaining()) {
      int step = at + into.remaining() > bytes ? -1 : channel.read(into, at);
      if (step < 0) {
        return false;
      }
      at += step;
    }
    return true;
  }

  /** Writes the buffer's remaining bytes. @return false: the image ends before; nothing is written */
  synchronized boolean write(ByteBuffer from, long position) throws IOException {
    if (readOnly || position + from.remaining() > bytes) {
      return false;
    }
    long at = position;
    while (from.hasRemaining()) {
      at += channel.write(from, at);
    }
    return true;
  }

  /** What was written is on the medium when this returns. */
  void flush() throws IOException {
    if (!readOnly) {
      channel.force(false);
    }
  }

  /** Gives the range's room back where that is possible, and leaves it alone where not. */
  synchronized void discard(long position, long length) throws IOException {
    holes.punch(position, length);
  }

  /** The range reads as zeroes. @param unmap its room may be given back */
  synchronized void zero(long position, long length, boolean unmap) throws IOException {
    if (unmap && holes.punch(position, length) || holes.zero(position, length)) {
      return;
    }
    if (zeroes == null) {
      zeroes = ByteBuffer.allocateDirect(ZEROES);
    }
    for (long done = 0; done < length; ) {
      zeroes.clear().limit((int) Math.min(ZEROES, length - done));
      done += channel.write(zeroes, position + done);
    }
  }

  /** Cuts the end off, or adds zeroes. */
  synchronized void resize(long size) throws IOException {
    if (size < bytes) {
      bytes = size;
      channel.truncate(size);
    } else {
      extend(channel, bytes, size);
      bytes = size;
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (!channel.isOpen()) {
      return;
    }
    try {
      channel.close();
      holes.close();
    } finally {
      ImagesInUse.leave(inUse);
    }
  }
}
