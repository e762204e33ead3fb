package virtio.block.port;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import virtio.block.BlockPort;
import virtio.bus.AttachmentSettings;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceModel;
import virtio.bus.Face;
import virtio.bus.Host;
import virtio.bus.RingFormat;
import virtio.bus.Slot;

/** A bus that binds the disks a test has put in line, one for each attachment; the last one again and again. */
final class FakeBus implements Bus {
  private final Queue<FakeDisk> line = new ArrayDeque<>();
  private FakeDisk last;
  private BlockPort port;
  private int attachments;
  private Runnable leaving;

  synchronized FakeBus next(FakeDisk disk) {
    line.add(disk);
    return this;
  }

  synchronized FakeDisk bound() {
    return last;
  }

  synchronized int attachments() {
    return attachments;
  }

  /** Somebody wants to take the disk out. */
  void asks() {
    Runnable told;
    synchronized (this) {
      told = leaving;
    }
    told.run();
  }

  /** A disk comes although nobody attached anew. */
  void appears(FakeDisk disk) {
    BlockPort to;
    synchronized (this) {
      last = disk;
      to = port;
    }
    disk.up(to);
  }

  @Override
  public Attachment attach(Combination parts, AttachmentSettings settings, Object to, Runnable asked) {
    FakeDisk disk;
    synchronized (this) {
      attachments++;
      port = (BlockPort) to;
      leaving = asked;
      disk = line.poll();
      last = disk;
    }
    if (disk != null) {
      disk.up(port);
    }
    return new Attachment() {
      @Override
      public String state() {
        return "waiting for a device";
      }

      @Override
      public boolean bound() {
        return FakeBus.this.bound() != null;
      }

      @Override
      public DeviceReport report() {
        return null;
      }

      @Override
      public void close() {
        FakeDisk now = FakeBus.this.bound();
        if (now != null) {
          now.remove();
        }
      }
    };
  }

  @Override
  public Serving serve(String name, DeviceModel model, List<Face> faces, Host host) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Serving serve(DeviceModel model, RingFormat ring, ConfigHandler config, Slot slot) {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<DeviceReport> devices() {
    return List.of();
  }

  @Override
  public List<DeviceReport> served() {
    return List.of();
  }
}
