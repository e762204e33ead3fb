package virtio.bus;

import java.util.Objects;

/** A stretch of a window. */
record WindowPart(Window whole, long begin, long size) implements Window {
  WindowPart {
    Objects.checkFromIndexSize(begin, size, whole.size());
  }

  @Override
  public long read(long offset, int width) {
    return whole.read(at(offset, width), width);
  }

  @Override
  public void write(long offset, int width, long value) {
    whole.write(at(offset, width), width, value);
  }

  @Override
  public void post(long offset, int width, long value) {
    whole.post(at(offset, width), width, value);
  }

  @Override
  public Signal doorbell(long offset, int width, long value) {
    return whole.doorbell(at(offset, width), width, value);
  }

  private long at(long offset, int width) {
    if (offset < 0 || offset > size - width) {
      throw new IndexOutOfBoundsException("offset=" + offset + " width=" + width + "; allowed: inside " + size);
    }
    return begin + offset;
  }
}
