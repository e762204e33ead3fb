package virtio.driver.block;

import static virtio.bus.spec.VirtioBlk.WRITEBACK;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import virtio.block.BlockRequest.Operation;
import virtio.block.DiskInformation;
import virtio.bus.VirtioDevice;

/** The configuration while a device is bound: as last read, less what turned out not to work. Any thread. */
final class LiveConfig {
  private static final Logger LOG = System.getLogger("virtio.driver.block");

  private final VirtioDevice device;
  private final int queueSize;
  private final int bounceBytes;
  private volatile BlkConfig config;
  private boolean closed;

  LiveConfig(VirtioDevice device, int queueSize, int bounceBytes) {
    this.device = device;
    this.queueSize = queueSize;
    this.bounceBytes = bounceBytes;
    this.config = BlkConfig.read(device, queueSize, bounceBytes);
  }

  BlkConfig now() {
    return config;
  }

  DiskInformation information() {
    return config.information();
  }

  /** Reads all fields again. What cannot be is logged, and what was known before stays. @return whether they were taken */
  synchronized boolean refresh() {
    if (closed) {
      return false;
    }
    try {
      BlkConfig read = BlkConfig.read(device, queueSize, bounceBytes);
      DiskInformation before = config.information();
      DiskInformation now = read.information().withCommands(read.information().discard() && before.discard(),
          read.information().writeZeroes() && before.writeZeroes());
      config = new BlkConfig(now, read.discardAlignment());
      return true;
    } catch (IllegalStateException e) {
      LOG.log(Level.WARNING, device.name() + ": the new configuration is left alone: " + e.getMessage());
      return false;
    }
  }

  /** The device said that it does not do this: it is not tried again. @return whether that is news */
  synchronized boolean withdraw(Operation operation) {
    DiskInformation now = config.information();
    boolean discard = now.discard() && operation != Operation.DISCARD;
    boolean zeroes = now.writeZeroes() && operation != Operation.WRITE_ZEROES;
    if (discard == now.discard() && zeroes == now.writeZeroes()) {
      return false;
    }
    config = new BlkConfig(now.withCommands(discard, zeroes), config.discardAlignment());
    return true;
  }

  synchronized boolean writeback() {
    DiskInformation now = config.information();
    return now.writebackSettable() && !closed ? device.read(WRITEBACK) != 0 : now.flush();
  }

  synchronized void writeback(boolean on) {
    if (!config.information().writebackSettable()) {
      throw new UnsupportedOperationException(device.name() + ": writeback cannot be set (CONFIG_WCE was not accepted)");
    }
    if (closed) {
      return;
    }
    device.write(WRITEBACK, on ? 1 : 0);
    if (device.read(WRITEBACK) != 0 != on) {
      throw new UnsupportedOperationException(device.name() + ": writeback=" + (on ? 1 : 0) + " was not taken by the device");
    }
  }

  /** No field is touched after this: they go with the device. */
  synchronized void close() {
    closed = true;
  }
}
