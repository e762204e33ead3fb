package virtio.device.block;

import virtio.bus.spec.VirtioBlk;

/**
 * What a device says of itself beside its size.
 *
 * @param serial at most 20 characters of ASCII
 * @param blkSize a power of two, at least 512
 * @param physicalBlockExp binary logarithm of logical blocks in a physical one
 * @param alignmentOffset in logical blocks
 * @param minIoSize in logical blocks
 * @param optIoSize in logical blocks
 * @param segMax data segments in a request
 * @param sizeMax bytes in one of them; 0: no limit, and not offered
 * @param queueSize a power of two
 * @param writeback whether writes may complete before they are stable, until a driver wishes otherwise
 */
record Layout(String serial, int blkSize, int physicalBlockExp, int alignmentOffset, int minIoSize, int optIoSize, int segMax, int sizeMax,
    int queueSize, boolean writeback) {
  static final int QUEUE_SIZE = 128;

  /** As it comes without any wish. */
  static Layout standard(String serial) {
    return new Layout(serial, VirtioBlk.SECTOR, 0, 0, 1, 0, QUEUE_SIZE - 2, 0, QUEUE_SIZE, true);
  }

  Layout withLimits(int segments, int bytes) {
    return new Layout(serial, blkSize, physicalBlockExp, alignmentOffset, minIoSize, optIoSize, segments, bytes, queueSize, writeback);
  }
}
