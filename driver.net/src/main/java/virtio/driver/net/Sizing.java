package virtio.driver.net;

import static virtio.bus.spec.VirtioNet.*;

import virtio.bus.DmaMemory;
import virtio.bus.VirtioDevice;

/**
 * How much a device gets to work with: the driver data of the id table.
 *
 * @param frames to each side, at the same time, at most
 * @param piece bytes of a receive buffer where the device may take several for one packet
 * @param gathered packets in several buffers that users may hold at the same time
 */
record Sizing(int frames, int piece, int gathered) {
  static final Sizing STANDARD = new Sizing(256, 2048, 64);

  private static final int FEWEST = 2;
  private static final int LINE = 64;
  private static final long PAGE = 4096;

  /** Bytes of a buffer for one frame of that MTU and its header; what a device that was told no MTU may send fits as well. */
  static int whole(int mtu) {
    int bytes = HEADER + ETHERNET + VLAN_TAG + Math.max(mtu, STANDARD_MTU);
    return (bytes + LINE - 1) / LINE * LINE;
  }

  /** Bytes of a receive buffer. */
  int receive(int mtu, boolean merged) {
    return merged ? Math.min(piece, whole(mtu)) : whole(mtu);
  }

  /** So many buffers as a queue of that size can use, or, on a machine that is short of memory, fewer. */
  Area allocate(VirtioDevice device, int queueSize, int bytes) {
    for (int count = Math.min(frames, queueSize); count >= FEWEST || count == queueSize; count /= 2) {
      DmaMemory memory = device.allocate((long) count * bytes, PAGE);
      if (memory != null) {
        return new Area(memory, count, bytes);
      }
    }
    throw new IllegalStateException("no memory for " + FEWEST + " frames of " + bytes + " bytes on " + device.name());
  }

  /** A row of buffers. */
  record Area(DmaMemory memory, int count, int bytes) {
    long offset(int id) {
      return (long) id * bytes;
    }
  }
}
