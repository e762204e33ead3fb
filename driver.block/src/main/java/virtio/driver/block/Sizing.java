package virtio.driver.block;

import virtio.bus.DmaMemory;
import virtio.bus.VirtioDevice;

/**
 * How much a device gets to work with: the driver data of the id table.
 *
 * @param slots requests on the ring at the same time, at most
 * @param bounceBytes data bytes of one of them, where it has to be copied
 */
record Sizing(int slots, int bounceBytes) {
  static final Sizing STANDARD = new Sizing(64, 64 << 10);

  private static final int FEWEST_SLOTS = 4;
  private static final int SMALLEST_BOUNCE = 4096;
  private static final long PAGE = 4096;

  /** For a queue of that size, on a machine that may be short of memory: fewer slots first, smaller ones then. */
  Area allocate(VirtioDevice device, int queueSize) {
    int count = Math.min(slots, queueSize);
    int bytes = bounceBytes;
    while (true) {
      DmaMemory rows = device.allocate((long) count * BlkReq.ROW, BlkReq.ROW);
      DmaMemory bounce = rows == null ? null : device.allocate((long) count * bytes, PAGE);
      if (bounce != null) {
        return new Area(rows, bounce, count, bytes);
      }
      if (rows != null) {
        device.free(rows);
      }
      if (count > FEWEST_SLOTS) {
        count /= 2;
      } else if (bytes > SMALLEST_BOUNCE) {
        bytes /= 2;
      } else {
        throw new IllegalStateException("no memory for " + count + " requests of " + bytes + " bytes on " + device.name());
      }
    }
  }

  /** What was to be had. */
  record Area(DmaMemory rows, DmaMemory bounce, int slots, int bounceBytes) {
    void free(VirtioDevice device) {
      device.free(rows);
      device.free(bounce);
    }
  }
}
