package virtio.device.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static virtio.bus.spec.VirtioBlk.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.Chain;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.testkit.Clause;
import virtio.testkit.Trap;
import virtio.testkit.fake.FakeDeviceQueue;

/** The device by itself: requests laid out by hand, good ones, bad ones, and such as are none. */
class FileDiskTest {
  private static final int BYTES = 1 << 20;
  private static final byte UNTOUCHED = 0x55;
  private static final int DATA = 4096;
  private static final int STATUS = DATA - 1;

  @TempDir
  Path directory;
  private Path path;
  private Image image;
  private FileDisk disk;
  private final MemorySegment bytes = Arena.ofAuto().allocate(DATA + 65536, 4096);
  private final DmaMemory memory = new DmaMemory(bytes, 0x10000);
  private final FakeDeviceQueue queue = new FakeDeviceQueue(0, 128);

  @BeforeEach
  void make() throws Exception {
    path = directory.resolve("image");
    byte[] content = Bytes.random(BYTES, 1);
    Files.write(path, content);
    open(false);
  }

  private void open(boolean readOnly) throws Exception {
    if (image != null) {
      image.close();
    }
    image = Image.open(path, readOnly);
    disk = new FileDisk("disk0", image, Layout.standard("serial"));
    disk.start(disk.offered(), new DeviceQueue[] {queue}, () -> { });
  }

  @AfterEach
  void close() throws Exception {
    disk.stop();
    image.close();
  }

  private int serve(Chain chain) {
    bytes.set(ValueLayout.JAVA_BYTE, STATUS, UNTOUCHED);
    int id = queue.offer(chain);
    assertThat(disk.available(queue)).isTrue();
    assertThat(queue.used()).endsWith(id);
    assertThat(queue.outstanding()).isZero();
    return bytes.get(ValueLayout.JAVA_BYTE, STATUS);
  }

  private void header(int type, long sector) {
    bytes.set(ValueLayout.JAVA_INT, 0, type);
    bytes.set(ValueLayout.JAVA_INT, 4, 0);
    bytes.set(ValueLayout.JAVA_LONG, 8, sector);
  }

  private int in(long sector, int count) {
    header(VIRTIO_BLK_T_IN, sector);
    return serve(new Chain(3).readable(memory, 0, 16).writable(memory, DATA, count).writable(memory, STATUS, 1));
  }

  private int out(long sector, int count) {
    header(VIRTIO_BLK_T_OUT, sector);
    return serve(new Chain(3).readable(memory, 0, 16).readable(memory, DATA, count).writable(memory, STATUS, 1));
  }

  /** Triples of sector, count, flags. */
  private int ranges(int type, long... values) {
    header(type, 0);
    int count = values.length / 3;
    for (int i = 0; i < count; i++) {
      bytes.set(ValueLayout.JAVA_LONG, DATA + i * 16L, values[3 * i]);
      bytes.set(ValueLayout.JAVA_INT, DATA + i * 16L + 8, (int) values[3 * i + 1]);
      bytes.set(ValueLayout.JAVA_INT, DATA + i * 16L + 12, (int) values[3 * i + 2]);
    }
    return serve(new Chain(3).readable(memory, 0, 16).readable(memory, DATA, 16 * count).writable(memory, STATUS, 1));
  }

  private byte[] data(int count) {
    return bytes.asSlice(DATA, count).toArray(ValueLayout.JAVA_BYTE);
  }

  private byte[] stored() throws Exception {
    return Files.readAllBytes(path);
  }

  @Test
  @Clause("Device Operation")
  void readsAndWrites() throws Exception {
    assertThat(in(3, 1024)).isEqualTo(VIRTIO_BLK_S_OK);
    assertThat(data(1024)).isEqualTo(Arrays.copyOfRange(stored(), 3 * 512, 5 * 512));
    bytes.asSlice(DATA, 512).fill((byte) 9);
    assertThat(out(2047, 512)).isEqualTo(VIRTIO_BLK_S_OK);
    assertThat(Arrays.copyOfRange(stored(), 2047 * 512, BYTES)).containsOnly(9);
  }

  @Test
  @Clause("Device Operation")
  void whatIsBeyondTheEndFailsAndChangesNothing() throws Exception {
    byte[] before = stored();
    assertThat(in(2048, 512)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(in(2047, 1024)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(in(-1, 512)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(in(Long.MIN_VALUE, 512)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(in(Long.MAX_VALUE / 512 + 1, 512)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(in(0, 511)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(out(2047, 1024)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(out(0, 513)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(stored()).isEqualTo(before);
  }

  @Test
  @Trap("T23")
  @Clause("Device Operation")
  void aForcedWriteToAReadOnlyDiskFailsAndWritesNothing() throws Exception {
    open(true);
    byte[] before = stored();
    assertThat(disk.offered().has(VIRTIO_BLK_F_RO)).isTrue();
    assertThat(disk.offered().has(VIRTIO_BLK_F_DISCARD) || disk.offered().has(VIRTIO_BLK_F_WRITE_ZEROES)).isFalse();
    disk.start(Features.ALL, new DeviceQueue[] {queue}, () -> { });
    assertThat(out(0, 512)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(ranges(VIRTIO_BLK_T_WRITE_ZEROES, 0, 1, 0)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(ranges(VIRTIO_BLK_T_DISCARD, 0, 1, 0)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(in(0, 512)).isEqualTo(VIRTIO_BLK_S_OK);
    assertThat(stored()).isEqualTo(before);
  }

  @Test
  @Clause("Device Operation")
  void partsMayBeCutAnywhere() throws Exception {
    header(VIRTIO_BLK_T_OUT, 4);
    bytes.asSlice(DATA, 1024).fill((byte) 3);
    assertThat(serve(new Chain(9).readable(memory, 0, 5).readable(memory, 5, 4).readable(memory, 9, 7).readable(memory, DATA, 1)
        .readable(memory, DATA + 1, 700).readable(memory, DATA + 701, 323).writable(memory, STATUS, 1))).isEqualTo(VIRTIO_BLK_S_OK);
    assertThat(Arrays.copyOfRange(stored(), 4 * 512, 6 * 512)).containsOnly(3);
    assertThat(stored()[4 * 512 - 1]).isEqualTo(Bytes.random(BYTES, 1)[4 * 512 - 1]);
    header(VIRTIO_BLK_T_IN, 4);
    bytes.asSlice(DATA, 2048).fill((byte) 0);
    assertThat(serve(new Chain(4).readable(memory, 0, 16).writable(memory, DATA, 3).writable(memory, DATA + 3, 1021)
        .writable(memory, STATUS, 1))).isEqualTo(VIRTIO_BLK_S_OK);
    assertThat(data(1024)).containsOnly(3);
    assertThat(bytes.get(ValueLayout.JAVA_BYTE, DATA + 1024)).isZero();
  }

  @Test
  @Trap("T08")
  void whatIsNoRequestIsGivenBackAndHarmsNothing() throws Exception {
    byte[] before = stored();
    assertThat(serve(new Chain(1).readable(memory, 0, 16))).isEqualTo(UNTOUCHED);
    assertThat(serve(new Chain(2).readable(memory, 0, 15).writable(memory, STATUS, 1))).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(serve(new Chain(1).writable(memory, STATUS, 1))).isEqualTo(VIRTIO_BLK_S_IOERR);
    header(VIRTIO_BLK_T_IN, 0);
    assertThat(serve(new Chain(2).readable(memory, 0, 16).writable(memory, STATUS, 1))).isEqualTo(VIRTIO_BLK_S_OK);
    Random random = new Random(2);
    for (int i = 0; i < 2000; i++) {
      header(i % 16 == VIRTIO_BLK_T_OUT ? 99 : i % 16, random.nextLong());
      serve(new Chain(3).readable(memory, 0, 1 + random.nextInt(64)).writable(memory, DATA, 1 + random.nextInt(4096)));
    }
    assertThat(stored()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5, 6, 7, 9, 10, 12, 14, 24, 99, -1})
  @Clause("Device Operation")
  void anUnknownTypeIsUnsupported(int type) {
    header(type, 0);
    assertThat(serve(new Chain(2).readable(memory, 0, 16).writable(memory, STATUS, 1))).isEqualTo(VIRTIO_BLK_S_UNSUPP);
  }

  @Test
  @Trap("T27")
  void rangesAreCheckedBeforeAnyIsDone() throws Exception {
    byte[] before = stored();
    assertThat(ranges(VIRTIO_BLK_T_DISCARD, 0, 8, 1)).as("unmap by force").isEqualTo(VIRTIO_BLK_S_UNSUPP);
    assertThat(ranges(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 2)).as("unknown flag").isEqualTo(VIRTIO_BLK_S_UNSUPP);
    assertThat(ranges(VIRTIO_BLK_T_WRITE_ZEROES, new long[3 * (FileDisk.MAX_RANGES + 1)])).as("too many").isEqualTo(VIRTIO_BLK_S_UNSUPP);
    assertThat(ranges(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0, 2048, 1, 0)).as("one beyond the end").isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(ranges(VIRTIO_BLK_T_WRITE_ZEROES, 0, -1, 0)).isEqualTo(VIRTIO_BLK_S_IOERR);
    header(VIRTIO_BLK_T_WRITE_ZEROES, 0);
    assertThat(serve(new Chain(3).readable(memory, 0, 16).readable(memory, DATA, 15).writable(memory, STATUS, 1)))
        .isEqualTo(VIRTIO_BLK_S_UNSUPP);
    disk.start(Features.of(VIRTIO_BLK_F_FLUSH), new DeviceQueue[] {queue}, () -> { });
    assertThat(ranges(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0)).as("not accepted").isEqualTo(VIRTIO_BLK_S_UNSUPP);
    assertThat(ranges(VIRTIO_BLK_T_DISCARD, 0, 8, 0)).as("not accepted").isEqualTo(VIRTIO_BLK_S_UNSUPP);
    assertThat(stored()).isEqualTo(before);
  }

  @Test
  @Trap("T27")
  void zeroesWithAndWithoutUnmap() throws Exception {
    assertThat(ranges(VIRTIO_BLK_T_WRITE_ZEROES, 1, 2, 0, 1000, 100, 1)).isEqualTo(VIRTIO_BLK_S_OK);
    byte[] expected = Bytes.random(BYTES, 1);
    Arrays.fill(expected, 512, 3 * 512, (byte) 0);
    Arrays.fill(expected, 1000 * 512, 1100 * 512, (byte) 0);
    assertThat(stored()).isEqualTo(expected);
  }

  @Test
  @Clause("Device Operation")
  void anIdFillsAtMostItsTwentyBytes() throws Exception {
    header(VIRTIO_BLK_T_GET_ID, 0);
    bytes.asSlice(DATA, 64).fill((byte) 1);
    assertThat(serve(new Chain(3).readable(memory, 0, 16).writable(memory, DATA, 20).writable(memory, STATUS, 1)))
        .isEqualTo(VIRTIO_BLK_S_OK);
    assertThat(bytes.getString(DATA)).isEqualTo("serial");
    assertThat(serve(new Chain(3).readable(memory, 0, 16).writable(memory, DATA, 3).writable(memory, STATUS, 1)))
        .isEqualTo(VIRTIO_BLK_S_OK);
  }

  @Test
  @Clause("Device configuration layout")
  void fieldsSayWhatIsConfigured() {
    assertThat(disk.read(CAPACITY)).isEqualTo(2048);
    assertThat(disk.read(SEG_MAX)).isEqualTo(126);
    assertThat(disk.read(SIZE_MAX)).isZero();
    assertThat(disk.offered().has(VIRTIO_BLK_F_SIZE_MAX) || disk.offered().has(VIRTIO_BLK_F_GEOMETRY)).isFalse();
    for (Field field : FIELDS) {
      disk.write(field, 77);
    }
    assertThat(disk.read(CAPACITY)).isEqualTo(2048);
    assertThat(disk.read(WRITEBACK)).isEqualTo(1);
    disk.write(WRITEBACK, 0);
    assertThat(disk.read(WRITEBACK)).isZero();
    disk.stop();
    assertThat(disk.read(WRITEBACK)).as("a reset brings the default back").isEqualTo(1);
  }

  @Test
  @Trap("T26")
  void aResizeTellsAndMovesTheEnd() throws Exception {
    int[] told = new int[1];
    disk.start(disk.offered(), new DeviceQueue[] {queue}, () -> told[0]++);
    disk.resize(2 * BYTES);
    assertThat(in(4095, 512)).isEqualTo(VIRTIO_BLK_S_OK);
    assertThat(data(512)).containsOnly(0);
    disk.resize(512);
    assertThat(in(1, 512)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(out(1, 512)).isEqualTo(VIRTIO_BLK_S_IOERR);
    assertThat(told[0]).isEqualTo(2);
    assertThat(Files.size(path)).isEqualTo(512);
    assertThat(disk.read(CAPACITY)).isEqualTo(1);
  }

  @Test
  void nothingIsAllocatedForARequest() {
    Chain read = new Chain(3).readable(memory, 0, 16).writable(memory, DATA, 4096).writable(memory, STATUS, 1);
    Again again = new Again(read);
    var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    again.rounds(disk, this, 30_000);
    long before = threads.getCurrentThreadAllocatedBytes();
    again.rounds(disk, this, 30_000);
    assertThat((threads.getCurrentThreadAllocatedBytes() - before) / 30_000).isZero();
  }

  /** The same buffer again and again. */
  private static final class Again extends DeviceQueue {
    private final Chain offer;
    private int left;

    Again(Chain offer) {
      super(0, 8, null);
      this.offer = offer;
    }

    void rounds(FileDisk disk, FileDiskTest test, int count) {
      for (int i = 0; i < count; i++) {
        left = 1;
        test.header(i % 2 == 0 ? VIRTIO_BLK_T_IN : VIRTIO_BLK_T_GET_ID, i % 100);
        disk.available(this);
      }
    }

    @Override
    public boolean take(Chain chain) {
      if (left == 0) {
        return false;
      }
      left--;
      chain.copy(offer);
      return true;
    }

    @Override
    public void push(Chain chain) {}

    @Override
    public void sync() {}

    @Override
    protected void opened() {}

    @Override
    protected int ask() {
      return 0;
    }

    @Override
    protected void mute() {}

    @Override
    protected boolean pending(int from) {
      return left > 0;
    }
  }

  @Test
  void anImageServesOneDevice() throws Exception {
    assertThatThrownBy(() -> Image.open(path, true)).isInstanceOf(BadProperty.class).hasMessageContaining("in use by another device here");
    assertThatThrownBy(() -> Image.open(directory.resolve("../" + directory.getFileName() + "/image"), false))
        .isInstanceOf(BadProperty.class);
    open(true);
    open(false);
  }
}
