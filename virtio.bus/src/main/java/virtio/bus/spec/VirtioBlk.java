package virtio.bus.spec;

import static virtio.bus.Field.ALWAYS;

import java.util.List;
import virtio.bus.Field;

/**
 * The block device: feature bits, configuration, requests. Sectors are 512 bytes whatever the block size.
 *
 * <p>Spec: virtio 1.4, "Block Device"
 */
public final class VirtioBlk {
  public static final int VIRTIO_BLK_F_SIZE_MAX = 1;
  public static final int VIRTIO_BLK_F_SEG_MAX = 2;
  public static final int VIRTIO_BLK_F_GEOMETRY = 4;
  public static final int VIRTIO_BLK_F_RO = 5;
  public static final int VIRTIO_BLK_F_BLK_SIZE = 6;
  public static final int VIRTIO_BLK_F_FLUSH = 9;
  public static final int VIRTIO_BLK_F_TOPOLOGY = 10;
  public static final int VIRTIO_BLK_F_CONFIG_WCE = 11;
  public static final int VIRTIO_BLK_F_MQ = 12;
  public static final int VIRTIO_BLK_F_DISCARD = 13;
  public static final int VIRTIO_BLK_F_WRITE_ZEROES = 14;
  public static final int VIRTIO_BLK_F_LIFETIME = 15;
  public static final int VIRTIO_BLK_F_SECURE_ERASE = 16;
  public static final int VIRTIO_BLK_F_ZONED = 17;

  public static final int VIRTIO_BLK_T_IN = 0;
  public static final int VIRTIO_BLK_T_OUT = 1;
  public static final int VIRTIO_BLK_T_FLUSH = 4;
  public static final int VIRTIO_BLK_T_GET_ID = 8;
  public static final int VIRTIO_BLK_T_GET_LIFETIME = 10;
  public static final int VIRTIO_BLK_T_DISCARD = 11;
  public static final int VIRTIO_BLK_T_WRITE_ZEROES = 13;
  public static final int VIRTIO_BLK_T_SECURE_ERASE = 14;

  public static final int VIRTIO_BLK_S_OK = 0;
  public static final int VIRTIO_BLK_S_IOERR = 1;
  public static final int VIRTIO_BLK_S_UNSUPP = 2;

  /** Bytes in a sector of the protocol. */
  public static final int SECTOR = 512;
  /** Bytes of {@code virtio_blk_req} before its data: le32 type, le32 reserved, le64 sector. */
  public static final int REQUEST_HEADER = 16;
  /** Bytes of a device id string, NUL-padded; all 20 may be used. */
  public static final int VIRTIO_BLK_ID_BYTES = 20;
  /** Bytes of {@code virtio_blk_discard_write_zeroes}: le64 sector, le32 num_sectors, le32 flags, of which bit 0 is unmap. */
  public static final int DISCARD_WRITE_ZEROES_SEGMENT = 16;
  /** The request queue. */
  public static final int REQUESTQ = 0;

  public static final Field CAPACITY = new Field("capacity", 0, 8, 0x41, ALWAYS);
  public static final Field SIZE_MAX = new Field("size_max", 8, 4, 0x42, VIRTIO_BLK_F_SIZE_MAX);
  public static final Field SEG_MAX = new Field("seg_max", 12, 4, 0x43, VIRTIO_BLK_F_SEG_MAX);
  public static final Field CYLINDERS = new Field("geometry.cylinders", 16, 2, 0x44, VIRTIO_BLK_F_GEOMETRY);
  public static final Field HEADS = new Field("geometry.heads", 18, 1, 0x45, VIRTIO_BLK_F_GEOMETRY);
  public static final Field SECTORS = new Field("geometry.sectors", 19, 1, 0x46, VIRTIO_BLK_F_GEOMETRY);
  public static final Field BLK_SIZE = new Field("blk_size", 20, 4, 0x47, VIRTIO_BLK_F_BLK_SIZE);
  public static final Field PHYSICAL_BLOCK_EXP = new Field("topology.physical_block_exp", 24, 1, 0x48, VIRTIO_BLK_F_TOPOLOGY);
  public static final Field ALIGNMENT_OFFSET = new Field("topology.alignment_offset", 25, 1, 0x49, VIRTIO_BLK_F_TOPOLOGY);
  public static final Field MIN_IO_SIZE = new Field("topology.min_io_size", 26, 2, 0x4A, VIRTIO_BLK_F_TOPOLOGY);
  public static final Field OPT_IO_SIZE = new Field("topology.opt_io_size", 28, 4, 0x4B, VIRTIO_BLK_F_TOPOLOGY);
  public static final Field WRITEBACK = new Field("writeback", 32, 1, 0x4C, VIRTIO_BLK_F_CONFIG_WCE);
  public static final Field NUM_QUEUES = new Field("num_queues", 34, 2, 0x4D, VIRTIO_BLK_F_MQ);
  public static final Field MAX_DISCARD_SECTORS = new Field("max_discard_sectors", 36, 4, 0x4E, VIRTIO_BLK_F_DISCARD);
  public static final Field MAX_DISCARD_SEG = new Field("max_discard_seg", 40, 4, 0x4F, VIRTIO_BLK_F_DISCARD);
  public static final Field DISCARD_SECTOR_ALIGNMENT = new Field("discard_sector_alignment", 44, 4, 0x50, VIRTIO_BLK_F_DISCARD);
  public static final Field MAX_WRITE_ZEROES_SECTORS = new Field("max_write_zeroes_sectors", 48, 4, 0x51, VIRTIO_BLK_F_WRITE_ZEROES);
  public static final Field MAX_WRITE_ZEROES_SEG = new Field("max_write_zeroes_seg", 52, 4, 0x52, VIRTIO_BLK_F_WRITE_ZEROES);
  public static final Field WRITE_ZEROES_MAY_UNMAP = new Field("write_zeroes_may_unmap", 56, 1, 0x53, VIRTIO_BLK_F_WRITE_ZEROES);

  /** {@code struct virtio_blk_config}, as far as any driver here reads it, in its order. */
  public static final List<Field> FIELDS = List.of(CAPACITY, SIZE_MAX, SEG_MAX, CYLINDERS, HEADS, SECTORS, BLK_SIZE, PHYSICAL_BLOCK_EXP,
      ALIGNMENT_OFFSET, MIN_IO_SIZE, OPT_IO_SIZE, WRITEBACK, NUM_QUEUES, MAX_DISCARD_SECTORS, MAX_DISCARD_SEG, DISCARD_SECTOR_ALIGNMENT,
      MAX_WRITE_ZEROES_SECTORS, MAX_WRITE_ZEROES_SEG, WRITE_ZEROES_MAY_UNMAP);

  private static final String[] FEATURES = {
    "BARRIER", "SIZE_MAX", "SEG_MAX", null, "GEOMETRY", "RO", "BLK_SIZE", "SCSI", null, "FLUSH", "TOPOLOGY", "CONFIG_WCE", "MQ",
    "DISCARD", "WRITE_ZEROES", "LIFETIME", "SECURE_ERASE", "ZONED"
  };

  private VirtioBlk() {}

  /** Without its prefix; null where the bit has no name. */
  public static String featureName(int bit) {
    return bit < FEATURES.length ? FEATURES[bit] : null;
  }

  /** For a person: {@code "OUT"}. */
  public static String typeName(int type) {
    return switch (type) {
      case VIRTIO_BLK_T_IN -> "IN";
      case VIRTIO_BLK_T_OUT -> "OUT";
      case VIRTIO_BLK_T_FLUSH -> "FLUSH";
      case VIRTIO_BLK_T_GET_ID -> "GET_ID";
      case VIRTIO_BLK_T_DISCARD -> "DISCARD";
      case VIRTIO_BLK_T_WRITE_ZEROES -> "WRITE_ZEROES";
      default -> "type " + type;
    };
  }
}
