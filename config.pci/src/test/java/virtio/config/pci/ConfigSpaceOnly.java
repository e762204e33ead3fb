package virtio.config.pci;

import java.util.ArrayList;
import java.util.List;
import virtio.bus.Window;

/** Configuration space that writes down what is done to it. */
final class ConfigSpaceOnly implements Window {
  final List<String> log = new ArrayList<>();

  @Override
  public long size() {
    return 256;
  }

  @Override
  public long read(long offset, int width) {
    log.add("read %x %d".formatted(offset, width));
    return 0;
  }

  @Override
  public void write(long offset, int width, long value) {
    log.add("write %x %d %x".formatted(offset, width, value));
  }
}
