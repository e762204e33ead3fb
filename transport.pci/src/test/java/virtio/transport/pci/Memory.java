package virtio.transport.pci;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import virtio.bus.Window;

/** A region that keeps what is written, however large it says to be. */
final class Memory implements Window {
  private final long size;
  private final Map<Long, Long> words = new ConcurrentHashMap<>();

  Memory(long size) {
    this.size = size;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public long read(long offset, int width) {
    return words.getOrDefault(offset, 0L);
  }

  @Override
  public void write(long offset, int width, long value) {
    words.put(offset, value);
  }
}
