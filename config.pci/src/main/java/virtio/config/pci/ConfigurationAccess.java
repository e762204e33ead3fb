package virtio.config.pci;

import virtio.bus.Window;

/**
 * A base address region seen through configuration space, for one that has no address. Slow, and the only user of its capability.
 *
 * <p>Spec: virtio 1.4, "PCI configuration access capability"
 */
final class ConfigurationAccess {
  private final Window config;
  private final int at;

  /** @param at of the capability, which has its four extra bytes */
  ConfigurationAccess(Window config, int at) {
    this.config = config;
    this.at = at;
  }

  /** @param size bytes from its begin */
  Window region(int bar, long size) {
    return new Window() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public long read(long offset, int width) {
        synchronized (ConfigurationAccess.this) {
          select(bar, offset, width);
          return config.read(at + VirtioPciCap.EXTRA, width);
        }
      }

      @Override
      public void write(long offset, int width, long value) {
        synchronized (ConfigurationAccess.this) {
          select(bar, offset, width);
          config.write(at + VirtioPciCap.EXTRA, width, value);
        }
      }
    };
  }

  private void select(int bar, long offset, int width) {
    config.write(at + VirtioPciCap.BAR, 1, bar);
    config.write(at + VirtioPciCap.LENGTH, 4, width);
    config.write(at + VirtioPciCap.OFFSET, 4, offset);
  }
}
