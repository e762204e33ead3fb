package virtio.config.pci;

import virtio.bus.Signal;
import virtio.bus.Window;

/** A part of a window: a structure in a base address region. */
record Region(Window in, long offset, long size) implements Window {
  @Override
  public long read(long at, int width) {
    return in.read(place(at, width), width);
  }

  @Override
  public void write(long at, int width, long value) {
    in.write(place(at, width), width, value);
  }

  @Override
  public void post(long at, int width, long value) {
    in.post(place(at, width), width, value);
  }

  @Override
  public Signal doorbell(long at, int width, long value) {
    return in.doorbell(place(at, width), width, value);
  }

  private long place(long at, int width) {
    if (at < 0 || at > size - width) {
      throw new IndexOutOfBoundsException("offset=" + at + " width=" + width + " (below " + size + ")");
    }
    return offset + at;
  }
}
