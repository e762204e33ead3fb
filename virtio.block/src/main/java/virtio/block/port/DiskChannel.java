package virtio.block.port;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import virtio.bus.spec.VirtioBlk;

/**
 * A disk byte by byte. Whole sectors cross straight from and to the caller's buffer; the edges go through one sector of memory. One
 * operation at a time, as for any channel with a position.
 */
final class DiskChannel implements SeekableByteChannel {
  private static final int SECTOR = VirtioBlk.SECTOR;

  private final ServedDisk disk;
  private final byte[] edge = new byte[SECTOR];
  private long position;
  private boolean closed;

  DiskChannel(ServedDisk disk) {
    this.disk = disk;
  }

  @Override
  public synchronized int read(ByteBuffer into) throws IOException {
    open();
    long left = size() - position;
    if (left <= 0) {
      return into.hasRemaining() ? -1 : 0;
    }
    int bytes = (int) Math.min(into.remaining(), left);
    for (int done = 0; done < bytes; ) {
      int step = step(position, bytes - done);
      if (step % SECTOR == 0 && position % SECTOR == 0) {
        disk.read(position / SECTOR, into.slice(into.position(), step));
        into.position(into.position() + step);
      } else {
        disk.read(position / SECTOR, edge);
        into.put(edge, (int) (position % SECTOR), step);
      }
      position += step;
      done += step;
    }
    return bytes;
  }

  @Override
  public synchronized int write(ByteBuffer from) throws IOException {
    open();
    if (disk.readOnly()) {
      throw new NonWritableChannelException();
    }
    int bytes = (int) Math.min(from.remaining(), Math.max(0, size() - position));
    if (bytes == 0 && from.hasRemaining()) {
      throw new IOException(disk.name() + ": position=" + position + " is the end (" + size() + " bytes)");
    }
    for (int done = 0; done < bytes; ) {
      int step = step(position, bytes - done);
      if (step % SECTOR == 0 && position % SECTOR == 0) {
        disk.write(position / SECTOR, MemorySegment.ofBuffer(from.slice(from.position(), step)));
        from.position(from.position() + step);
      } else {
        writeEdge(from, step);
      }
      position += step;
      done += step;
    }
    return bytes;
  }

  private void writeEdge(ByteBuffer from, int step) throws IOException {
    disk.edges().lock();
    try {
      disk.read(position / SECTOR, edge);
      from.get(edge, (int) (position % SECTOR), step);
      disk.write(position / SECTOR, edge);
    } finally {
      disk.edges().unlock();
    }
  }

  /** From a position inside a sector to its end; otherwise as many whole sectors as there are, or what is left of less than one. */
  private static int step(long at, int bytes) {
    int inside = (int) (at % SECTOR);
    if (inside != 0) {
      return Math.min(bytes, SECTOR - inside);
    }
    return bytes < SECTOR ? bytes : bytes / SECTOR * SECTOR;
  }

  @Override
  public synchronized long position() throws IOException {
    open();
    return position;
  }

  @Override
  public synchronized SeekableByteChannel position(long wanted) throws IOException {
    open();
    if (wanted < 0) {
      throw new IllegalArgumentException("position=" + wanted + " (from 0)");
    }
    position = wanted;
    return this;
  }

  @Override
  public long size() throws IOException {
    open();
    return disk.capacity() * SECTOR;
  }

  /** A disk keeps its size: only what would cut nothing off is accepted. */
  @Override
  public synchronized SeekableByteChannel truncate(long size) throws IOException {
    if (size < size()) {
      throw new UnsupportedOperationException(disk.name() + ": size=" + size + " (a disk cannot be truncated)");
    }
    position = Math.min(position, size);
    return this;
  }

  @Override
  public synchronized boolean isOpen() {
    return !closed;
  }

  @Override
  public synchronized void close() {
    closed = true;
  }

  private void open() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }
}
