package virtio.driver.block;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What a request holds besides its data, in a row of our own: the parts cross as separate segments, so only their contents are given.
 *
 * <pre>
 *  0        4          8                16                                32         52            63
 *  | type   | reserved | sector         | sector, num_sectors, flags     | id string | ...         | status |
 *  `-- virtio_blk_req, 16 bytes -------'`-- virtio_blk_discard_write_zeroes, 16 --'
 * </pre>
 *
 * <p>Spec: virtio 1.4, "Block Device", "Device Operation"
 */
final class BlkReq {
  /** Bytes from one row to the next: a cache line, so that no two requests share one. */
  static final int ROW = 64;
  static final int SEGMENT = 16;
  static final int ID = 32;
  static final int STATUS = 63;
  /** What the status byte holds until the device writes it; no status of the specification's. */
  static final int NOT_WRITTEN = 0xFF;

  private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private BlkReq() {}

  static void header(MemorySegment rows, long row, int type, long sector) {
    rows.set(LE32, row, type);
    rows.set(LE32, row + 4, 0);
    rows.set(LE64, row + 8, sector);
    rows.set(ValueLayout.JAVA_BYTE, row + STATUS, (byte) NOT_WRITTEN);
  }

  /** One range to discard or to zero; flags, of which only unmap exists, are 0. */
  static void range(MemorySegment rows, long row, long sector, long sectors) {
    rows.set(LE64, row + SEGMENT, sector);
    rows.set(LE32, row + SEGMENT + 8, (int) sectors);
    rows.set(LE32, row + SEGMENT + 12, 0);
  }

  static int status(MemorySegment rows, long row) {
    return Byte.toUnsignedInt(rows.get(ValueLayout.JAVA_BYTE, row + STATUS));
  }
}
