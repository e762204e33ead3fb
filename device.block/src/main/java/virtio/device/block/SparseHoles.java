package virtio.device.block;

import java.io.IOException;
import java.nio.file.Path;
import virtio.os.linux.SparseFile;

/** Holes as Linux makes them. */
record SparseHoles(SparseFile file) implements Holes {
  /** Of an existing, writable file. */
  static Holes open(Path image) throws IOException {
    return new SparseHoles(SparseFile.open(image));
  }

  @Override
  public boolean supported() throws IOException {
    return file.supported();
  }

  @Override
  public boolean punch(long offset, long bytes) throws IOException {
    return file.punchHole(offset, bytes);
  }

  @Override
  public boolean zero(long offset, long bytes) throws IOException {
    return file.zero(offset, bytes);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
