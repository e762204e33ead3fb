package virtio.device.block;

import java.io.Closeable;
import java.io.IOException;

/** What a file system may be able to do to a range of a file without being sent bytes. One thread at a time. */
interface Holes extends Closeable {
  /** A file system, or an image, that can do nothing of the kind. */
  Holes NONE = new Holes() {
    @Override
    public boolean supported() {
      return false;
    }

    @Override
    public boolean punch(long offset, long bytes) {
      return false;
    }

    @Override
    public boolean zero(long offset, long bytes) {
      return false;
    }

    @Override
    public void close() {}
  };

  /** Whether {@link #punch} works. */
  boolean supported() throws IOException;

  /** Gives the range's room back; it reads as zeroes. @return false: nothing has changed */
  boolean punch(long offset, long bytes) throws IOException;

  /** Zeroes the range and keeps its room. @return false: nothing has changed */
  boolean zero(long offset, long bytes) throws IOException;
}
