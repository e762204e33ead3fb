package virtio.host.qemu;

import java.util.function.Function;
import virtio.bus.Signal;
import virtio.bus.Window;

/** Registers of the machine's, in its memory or among its I/O ports. */
final class QtestWindow implements Window {
  /** How a stretch of registers is spoken of. */
  enum Kind {
    MEMORY("read", "write", 8), PORTS("in", "out", 4);

    private final String read;
    private final String write;
    private final int widest;

    Kind(String read, String write, int widest) {
      this.read = read;
      this.write = write;
      this.widest = widest;
    }
  }

  private final Qtest qtest;
  private final Kind kind;
  private final long base;
  private final long size;
  private final Runnable posted;
  private final Function<String, Signal> doorbells;

  /**
   * @param posted told before each {@link #post}: something is going to happen
   * @param doorbells makes one of a command
   */
  QtestWindow(Qtest qtest, Kind kind, long base, long size, Runnable posted, Function<String, Signal> doorbells) {
    this.qtest = qtest;
    this.kind = kind;
    this.base = base;
    this.size = size;
    this.posted = posted;
    this.doorbells = doorbells;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public long read(long offset, int width) {
    long value = qtest.call(kind.read + letter(offset, width) + " 0x" + Long.toHexString(base + offset));
    return width == 8 ? value : value & (1L << 8 * width) - 1;
  }

  @Override
  public void write(long offset, int width, long value) {
    qtest.call(writing(offset, width, value));
  }

  @Override
  public void post(long offset, int width, long value) {
    String command = writing(offset, width, value);
    posted.run();
    qtest.post(command);
  }

  @Override
  public Signal doorbell(long offset, int width, long value) {
    return doorbells.apply(writing(offset, width, value));
  }

  private String writing(long offset, int width, long value) {
    char letter = letter(offset, width);
    long sent = width == 8 ? value : value & (1L << 8 * width) - 1;
    return kind.write + letter + " 0x" + Long.toHexString(base + offset) + " 0x" + Long.toHexString(sent);
  }

  private char letter(long offset, int width) {
    if (width > kind.widest || offset < 0 || offset > size - width) {
      throw new IllegalArgumentException("offset=" + offset + " width=" + width + "; allowed: widths up to " + kind.widest + ", size " + size);
    }
    return switch (width) {
      case 1 -> 'b';
      case 2 -> 'w';
      case 4 -> 'l';
      case 8 -> 'q';
      default -> throw new IllegalArgumentException("width=" + width + "; allowed: 1, 2, 4 or 8");
    };
  }
}
