package virtio.device.block;

import static virtio.bus.spec.VirtioBlk.*;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import virtio.bus.Chain;
import virtio.bus.DeviceId;
import virtio.bus.DeviceModel;
import virtio.bus.DeviceQueue;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.spec.DeviceTypes;

/**
 * The block device over an {@link Image}. Trusts nothing in a request: what is no request at all is given back with nothing written, or
 * with IOERR where there is room for it.
 *
 * <p>Spec: virtio 1.4, "Block Device"
 */
final class FileDisk implements DeviceModel {
  /** Ranges that one DISCARD or WRITE_ZEROES may name. */
  static final int MAX_RANGES = 16;
  /** Sectors that one of them may cover. */
  static final long MAX_RANGE_SECTORS = 1 << 22;

  private static final Logger LOG = System.getLogger("virtio.device.block");
  private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int UNMAP = 1;
  /** Completions wait for no more than so many requests behind them. */
  private static final int BATCH = 16;

  private final String name;
  private final Image image;
  private final Layout layout;
  private final Features offered;
  private final MemorySegment id;
  private final MemorySegment scratch = Arena.ofAuto().allocate(DISCARD_WRITE_ZEROES_SEGMENT, 8);
  private final MemorySegment status = Arena.ofAuto().allocate(1);
  private final RegionViews views = new RegionViews();
  private final Chain chain;
  private Features accepted = Features.NONE;
  private boolean troubled;
  private volatile boolean writeback;
  private volatile long capacity;
  private volatile Runnable changed;

  FileDisk(String name, Image image, Layout layout) {
    this.name = name;
    this.image = image;
    this.layout = layout;
    this.capacity = image.bytes() / SECTOR;
    this.writeback = layout.writeback();
    this.chain = new Chain(layout.queueSize() + 2);
    this.id = Arena.ofAuto().allocate(VIRTIO_BLK_ID_BYTES);
    byte[] serial = layout.serial().getBytes(StandardCharsets.US_ASCII);
    MemorySegment.copy(serial, 0, id, ValueLayout.JAVA_BYTE, 0, serial.length);
    Features features = Features.of(VIRTIO_BLK_F_SEG_MAX, VIRTIO_BLK_F_BLK_SIZE, VIRTIO_BLK_F_TOPOLOGY, VIRTIO_BLK_F_FLUSH,
        VIRTIO_BLK_F_CONFIG_WCE);
    if (layout.sizeMax() > 0) {
      features = features.with(VIRTIO_BLK_F_SIZE_MAX);
    }
    if (image.readOnly()) {
      features = features.with(VIRTIO_BLK_F_RO);
    } else {
      features = features.with(VIRTIO_BLK_F_WRITE_ZEROES);
      if (image.punches()) {
        features = features.with(VIRTIO_BLK_F_DISCARD);
      }
    }
    this.offered = features;
  }

  @Override
  public DeviceId id() {
    return new DeviceId(DeviceTypes.BLOCK_DEVICE, DeviceId.VENDOR_QUMRANET);
  }

  @Override
  public Features offered() {
    return offered;
  }

  @Override
  public List<Field> fields() {
    return FIELDS;
  }

  @Override
  public int[] queueSizes() {
    return new int[] {layout.queueSize()};
  }

  @Override
  public long read(Field field) {
    if (field.feature() != Field.ALWAYS && !offered.has(field.feature())) {
      return 0;
    }
    if (field.equals(CAPACITY)) {
      return capacity;
    } else if (field.equals(SIZE_MAX)) {
      return layout.sizeMax();
    } else if (field.equals(SEG_MAX)) {
      return layout.segMax();
    } else if (field.equals(BLK_SIZE)) {
      return layout.blkSize();
    } else if (field.equals(PHYSICAL_BLOCK_EXP)) {
      return layout.physicalBlockExp();
    } else if (field.equals(ALIGNMENT_OFFSET)) {
      return layout.alignmentOffset();
    } else if (field.equals(MIN_IO_SIZE)) {
      return layout.minIoSize();
    } else if (field.equals(OPT_IO_SIZE)) {
      return layout.optIoSize();
    } else if (field.equals(WRITEBACK)) {
      return writeback ? 1 : 0;
    } else if (field.equals(MAX_DISCARD_SECTORS) || field.equals(MAX_WRITE_ZEROES_SECTORS)) {
      return MAX_RANGE_SECTORS;
    } else if (field.equals(MAX_DISCARD_SEG) || field.equals(MAX_WRITE_ZEROES_SEG)) {
      return MAX_RANGES;
    } else if (field.equals(DISCARD_SECTOR_ALIGNMENT)) {
      return layout.blkSize() / SECTOR;
    } else if (field.equals(WRITE_ZEROES_MAY_UNMAP)) {
      return image.punches() ? 1 : 0;
    }
    return 0;
  }

  @Override
  public void write(Field field, long value) {
    if (field.equals(WRITEBACK) && (value == 0 || value == 1)) {
      writeback = value == 1;
    }
  }

  @Override
  public void start(Features features, DeviceQueue[] queues, Runnable fieldsChanged) {
    accepted = features;
    changed = fieldsChanged;
  }

  @Override
  public void stop() {
    changed = null;
    accepted = Features.NONE;
    writeback = layout.writeback();
    views.clear();
    chain.clear();
  }

  /** Cuts the end off, or adds zeroes, and tells the driver. Any thread. */
  void resize(long bytes) throws IOException {
    if (bytes < capacity * SECTOR) {
      capacity = bytes / SECTOR;
    }
    image.resize(bytes);
    capacity = bytes / SECTOR;
    Runnable tell = changed;
    if (tell != null) {
      tell.run();
    }
  }

  @Override
  public boolean available(DeviceQueue queue) {
    int batch = 0;
    while (queue.take(chain)) {
      serve();
      queue.push(chain);
      if (++batch % BATCH == 0) {
        queue.sync();
      }
    }
    queue.sync();
    return true;
  }

  private void serve() {
    long last = chain.writableBytes() - 1;
    if (last < 0) {
      return;   // no room for a status: no request
    }
    int result = VIRTIO_BLK_S_IOERR;
    if (chain.readableBytes() >= REQUEST_HEADER) {
      chain.read(0, scratch, 0, REQUEST_HEADER);
      int type = scratch.get(LE32, 0);
      long sector = scratch.get(LE64, 8);
      try {
        result = perform(type, sector, last);
      } catch (IOException e) {
        trouble(type, sector, e);
      }
    }
    status.set(ValueLayout.JAVA_BYTE, 0, (byte) result);
    chain.write(last, status, 0, 1);
  }

  private int perform(int type, long sector, long room) throws IOException {
    return switch (type) {
      case VIRTIO_BLK_T_IN -> in(sector, room);
      case VIRTIO_BLK_T_OUT -> out(sector);
      case VIRTIO_BLK_T_FLUSH -> {
        image.flush();
        yield VIRTIO_BLK_S_OK;
      }
      case VIRTIO_BLK_T_GET_ID -> {
        chain.write(0, id, 0, Math.min(VIRTIO_BLK_ID_BYTES, room));
        yield VIRTIO_BLK_S_OK;
      }
      case VIRTIO_BLK_T_DISCARD -> accepted.has(VIRTIO_BLK_F_DISCARD) ? ranges(type) : VIRTIO_BLK_S_UNSUPP;
      case VIRTIO_BLK_T_WRITE_ZEROES -> accepted.has(VIRTIO_BLK_F_WRITE_ZEROES) ? ranges(type) : VIRTIO_BLK_S_UNSUPP;
      default -> VIRTIO_BLK_S_UNSUPP;
    };
  }

  /** Whether so many bytes from there on are whole sectors within the disk; safe for every pair of longs. */
  private boolean inside(long sector, long bytes) {
    return bytes % SECTOR == 0 && sector >= 0 && sector <= capacity - bytes / SECTOR;
  }

  private int in(long sector, long bytes) throws IOException {
    if (!inside(sector, bytes)) {
      return VIRTIO_BLK_S_IOERR;
    }
    long done = 0;
    for (int part = chain.readableParts(); done < bytes; part++) {
      int step = (int) Math.min(chain.length(part), bytes - done);
      ByteBuffer view = views.of(chain.memory(part), chain.offset(part), step);
      if (!image.read(view, sector * SECTOR + done)) {
        return VIRTIO_BLK_S_IOERR;
      }
      done += step;
    }
    chain.wrote(0, done);
    return VIRTIO_BLK_S_OK;
  }

  private int out(long sector) throws IOException {
    long bytes = chain.readableBytes() - REQUEST_HEADER;
    if (image.readOnly() || !inside(sector, bytes)) {
      return VIRTIO_BLK_S_IOERR;
    }
    long skip = REQUEST_HEADER;
    long done = 0;
    for (int part = 0; done < bytes; part++) {
      int length = chain.length(part);
      if (skip >= length) {
        skip -= length;
        continue;
      }
      int step = (int) (length - skip);
      ByteBuffer view = views.of(chain.memory(part), chain.offset(part) + skip, step);
      if (!image.write(view, sector * SECTOR + done)) {
        return VIRTIO_BLK_S_IOERR;
      }
      done += step;
      skip = 0;
    }
    settle();
    return VIRTIO_BLK_S_OK;
  }

  /** Without a flush to wait for, or told to write through, what completes is stable. */
  private void settle() throws IOException {
    if (!writeback || !accepted.has(VIRTIO_BLK_F_FLUSH)) {
      image.flush();
    }
  }

  private int ranges(int type) throws IOException {
    long bytes = chain.readableBytes() - REQUEST_HEADER;
    long count = bytes / DISCARD_WRITE_ZEROES_SEGMENT;
    if (bytes % DISCARD_WRITE_ZEROES_SEGMENT != 0 || count < 1 || count > MAX_RANGES) {
      return VIRTIO_BLK_S_UNSUPP;
    }
    for (int pass = 0; pass < 2; pass++) {   // all are checked before the first is done
      for (int i = 0; i < count; i++) {
        chain.read(REQUEST_HEADER + (long) i * DISCARD_WRITE_ZEROES_SEGMENT, scratch, 0, DISCARD_WRITE_ZEROES_SEGMENT);
        int result = range(type, pass == 1);
        if (result != VIRTIO_BLK_S_OK) {
          return result;
        }
      }
    }
    settle();
    return VIRTIO_BLK_S_OK;
  }

  private int range(int type, boolean perform) throws IOException {
    long sector = scratch.get(LE64, 0);
    long sectors = Integer.toUnsignedLong(scratch.get(LE32, 8));
    int flags = scratch.get(LE32, 12);
    boolean zeroes = type == VIRTIO_BLK_T_WRITE_ZEROES;
    if ((flags & ~UNMAP) != 0 || flags == UNMAP && !zeroes) {
      return VIRTIO_BLK_S_UNSUPP;
    }
    if (image.readOnly() || sectors > MAX_RANGE_SECTORS || !inside(sector, sectors * SECTOR)) {
      return VIRTIO_BLK_S_IOERR;
    }
    if (!perform || sectors == 0) {
      return VIRTIO_BLK_S_OK;
    }
    if (zeroes) {
      image.zero(sector * SECTOR, sectors * SECTOR, flags == UNMAP);
    } else {
      image.discard(sector * SECTOR, sectors * SECTOR);
    }
    return VIRTIO_BLK_S_OK;
  }

  /** One line for the first of them: a medium that fails, fails often. */
  private void trouble(int type, long sector, IOException cause) {
    if (!troubled) {
      troubled = true;
      LOG.log(Level.WARNING, "virtio.device.block " + name + ": " + typeName(type) + " sector=" + sector + " failed: " + cause
          + " (further failures are told to the driver only)");
    }
  }
}
