package virtio.driver.pipe;

import virtio.bus.DmaMemory;
import virtio.bus.VirtioDevice;

/**
 * How much a pipe gets to work with, each way: the driver data of the id table.
 *
 * @param slots buffers on the ring at the same time, at most
 * @param bytes of one of them
 */
record Sizing(int slots, int bytes) {
  static final Sizing STANDARD = new Sizing(32, 4096);

  private static final int FEWEST_SLOTS = 2;
  private static final int SMALLEST = 512;
  private static final long PAGE = 4096;

  /** For a queue of that size, on a machine that may be short of memory: fewer slots first, smaller ones then. */
  Area allocate(VirtioDevice device, int queueSize) {
    int count = Math.min(slots, queueSize);
    int each = bytes;
    while (true) {
      DmaMemory memory = device.allocate((long) count * each, PAGE);
      if (memory != null) {
        return new Area(memory, count, each);
      }
      if (count > FEWEST_SLOTS) {
        count /= 2;
      } else if (each > SMALLEST) {
        each /= 2;
      } else {
        throw new IllegalStateException("no memory for " + count + " buffers of " + each + " bytes on " + device.name());
      }
    }
  }

  /** What was to be had. */
  record Area(DmaMemory memory, int slots, int bytes) {
    Slot[] cut() {
      Slot[] cut = new Slot[slots];
      for (int i = 0; i < slots; i++) {
        cut[i] = new Slot((long) i * bytes);
      }
      return cut;
    }
  }
}
