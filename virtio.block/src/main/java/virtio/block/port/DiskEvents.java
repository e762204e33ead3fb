package virtio.block.port;

import virtio.block.Disk;
import virtio.bus.Failure;

/** What the one who owns the attachment hears of its disks. Any thread; must not block. */
interface DiskEvents {
  void up(Disk disk);

  void changed(Disk disk);

  void failed(Disk disk, Failure cause);

  void down(Disk disk, boolean confirmed);

  /** A request has come, and nobody may be watching its deadline. */
  void busy();
}
