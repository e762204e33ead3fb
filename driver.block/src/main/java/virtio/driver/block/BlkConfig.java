package virtio.driver.block;

import static virtio.bus.spec.VirtioBlk.*;

import virtio.block.DiskInformation;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.VirtioDevice;

/**
 * The configuration space, read as a whole and checked before anything uses it.
 *
 * <p>Spec: virtio 1.4, "Block Device", "Device configuration layout"
 *
 * @param discardAlignment where a DISCARD that has to be cut is cut, sectors
 */
record BlkConfig(DiskInformation information, long discardAlignment) {
  private static final Field[] FIELDS = {CAPACITY, SIZE_MAX, SEG_MAX, CYLINDERS, HEADS, SECTORS, BLK_SIZE, PHYSICAL_BLOCK_EXP,
      ALIGNMENT_OFFSET, MIN_IO_SIZE, OPT_IO_SIZE, MAX_DISCARD_SECTORS, DISCARD_SECTOR_ALIGNMENT, MAX_WRITE_ZEROES_SECTORS};
  private static final int HEADER_AND_STATUS = 2;
  private static final int MOST_SEGMENTS = 256;
  /** One segment, where the device sets no limit; keeps a chain's length an int. */
  private static final long LARGEST_SEGMENT = 1 << 20;
  private static final long LARGEST_RANGE = 0xFFFF_FFFFL;

  /** @throws IllegalStateException naming the field, its value and what is allowed */
  static BlkConfig read(VirtioDevice device, int queueSize, int bounceBytes) {
    Features features = device.features();
    long[] values = device.read(FIELDS);
    int i = 0;
    long capacity = values[i++];
    long sizeMax = values[i++];
    long segMax = values[i++];
    DiskInformation.Geometry geometry = features.has(VIRTIO_BLK_F_GEOMETRY)
        ? new DiskInformation.Geometry((int) values[i], (int) values[i + 1], (int) values[i + 2]) : null;
    i += 3;
    long blkSize = features.has(VIRTIO_BLK_F_BLK_SIZE) ? values[i] : SECTOR;
    i++;
    DiskInformation.Topology topology = features.has(VIRTIO_BLK_F_TOPOLOGY)
        ? topology(values[i], values[i + 1], values[i + 2], values[i + 3]) : null;
    i += 4;
    long discardMax = values[i++];
    long discardAlignment = values[i++];
    long zeroesMax = values[i];

    if (queueSize <= HEADER_AND_STATUS) {
      throw new IllegalStateException("queue size=" + queueSize + " (a request takes at least 3)");
    }
    if (capacity < 0 || capacity > Long.MAX_VALUE / SECTOR) {
      throw new IllegalStateException("capacity=" + Long.toUnsignedString(capacity) + " (at most " + Long.MAX_VALUE / SECTOR + ")");
    }
    if (blkSize < SECTOR || Long.bitCount(blkSize) != 1 || blkSize > 1 << 30) {
      throw new IllegalStateException("blk_size=" + blkSize + " (a power of two, at least 512)");
    }
    DiskInformation.Limits limits = limits(features, queueSize, bounceBytes, sizeMax, segMax, discardMax, zeroesMax);
    return new BlkConfig(new DiskInformation(capacity, (int) blkSize, features.has(VIRTIO_BLK_F_RO), features.has(VIRTIO_BLK_F_FLUSH),
        features.has(VIRTIO_BLK_F_CONFIG_WCE), features.has(VIRTIO_BLK_F_DISCARD), features.has(VIRTIO_BLK_F_WRITE_ZEROES), topology,
        geometry, limits), Math.max(1, discardAlignment));
  }

  private static DiskInformation.Topology topology(long exponent, long offset, long minimum, long optimal) {
    if (exponent > 31) {
      throw new IllegalStateException("topology.physical_block_exp=" + exponent + " (at most 31)");
    }
    return new DiskInformation.Topology(1L << exponent, (int) offset, (int) minimum, optimal);
  }

  private static DiskInformation.Limits limits(Features features, int queueSize, int bounceBytes, long sizeMax,
      long segMax, long discardMax, long zeroesMax) {
    long segments = Math.min(queueSize - HEADER_AND_STATUS, MOST_SEGMENTS);
    if (features.has(VIRTIO_BLK_F_SEG_MAX)) {
      if (segMax < 1) {
        throw new IllegalStateException("seg_max=0 (at least 1)");
      }
      segments = Math.min(segments, segMax);
    }
    long segmentBytes = LARGEST_SEGMENT;
    if (features.has(VIRTIO_BLK_F_SIZE_MAX)) {
      if (sizeMax < 1) {
        throw new IllegalStateException("size_max=0 (at least 1)");
      }
      segmentBytes = Math.min(segmentBytes, sizeMax);
    }
    if (segments * segmentBytes < SECTOR) {
      throw new IllegalStateException("size_max=" + sizeMax + " with " + segments + " segments (a request must carry 512 bytes)");
    }
    int bounced = (int) (Math.min(bounceBytes, segments * segmentBytes) / SECTOR * SECTOR);
    return new DiskInformation.Limits((int) segments, segmentBytes, bounced, range(features, VIRTIO_BLK_F_DISCARD, discardMax),
        range(features, VIRTIO_BLK_F_WRITE_ZEROES, zeroesMax));
  }

  /** A device that offers a command without a limit means the most that its structure can say. */
  private static long range(Features features, int feature, long most) {
    if (!features.has(feature)) {
      return 0;
    }
    return most == 0 ? LARGEST_RANGE : most;
  }
}
