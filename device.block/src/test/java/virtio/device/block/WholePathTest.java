package virtio.device.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import virtio.block.BlockCounters;
import virtio.block.BlockDevice;
import virtio.block.BlockException;
import virtio.block.BlockMemory;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Outcome;
import virtio.os.linux.SparseFile;
import virtio.testkit.Await;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/** From a user's call to the bytes in the image and back, through every brick but the machine. */
@Timeout(60)
class WholePathTest {
  @TempDir
  Path directory;

  private Path image() {
    return directory.resolve("disk0.img");
  }

  @Test
  @Shows("F03")
  void aSectorGoesThereAndComesBack() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "4M").attach()) {
      BlockDevice disk = rig.disk();
      byte[] sent = Bytes.random(512, 1);
      disk.write(7, sent);
      disk.flush();
      byte[] back = new byte[512];
      disk.read(7, back);
      assertThat(back).isEqualTo(sent);
      assertThat(Bytes.stored(image(), 7 * 512, 512)).isEqualTo(sent);
      assertThat(rig.port.state()).isEqualTo("online on fake m0/0");
      assertThat(rig.port.size()).isEqualTo("4 MiB");
    }
  }

  @Test
  @Trap("T26")
  void anIdOfTwentyCharactersIsReadWhole() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "4M", "serial", "12345678901234567890").attach()) {
      assertThat(rig.disk().id()).isEqualTo("12345678901234567890");
    }
  }

  @Test
  void manyInFlightCompleteEachOnce() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "16M").attach()) {
      BlockDevice disk = rig.disk();
      byte[] sent = Bytes.random(16 << 20, 2);
      int each = 64 * 512;
      BlockRequest[] requests = new BlockRequest[sent.length / each];
      AtomicInteger completions = new AtomicInteger();
      CountDownLatch done = new CountDownLatch(requests.length);
      for (int i = 0; i < requests.length; i++) {
        requests[i] = disk.request().write((long) i * 64, MemorySegment.ofArray(sent).asSlice((long) i * each, each)).then(request -> {
          completions.incrementAndGet();
          done.countDown();
        });
      }
      assertThat(disk.submit(requests, 0, requests.length)).isEqualTo(requests.length);
      assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(completions).hasValue(requests.length);
      assertThat(requests).allMatch(request -> request.outcome() == Outcome.OK);
      disk.flush();
      assertThat(Bytes.stored(image(), 0, sent.length)).isEqualTo(sent);
    }
  }

  @Test
  @Trap("T25")
  void requestsAreCutAsTheDeviceWants() throws Exception {
    Object[][] limits = {{"size.max", 1000, "seg.max", 1}, {"size.max", 512, "seg.max", 2},
        {"seg.max", 1}, {"size.max", 100, "seg.max", 100}};
    for (Object[] limit : limits) {
      Path image = Files.createTempFile(directory, "disk", ".img");
      Files.delete(image);
      try (Rig rig = new Rig(image).serve(join(limit, "size", "1M", "queue.size", 128)).attach("queue.size", limit.length == 2 ? 4 : 128)) {
        BlockDevice disk = rig.disk();
        byte[] sent = Bytes.random(1 << 20, 3);
        AtomicInteger completions = new AtomicInteger();
        BlockRequest request = disk.request().write(0, MemorySegment.ofArray(sent)).then(each -> completions.incrementAndGet());
        assertThat(disk.submit(request)).isTrue();
        assertThat(Await.that(Rig.LIMIT, () -> completions.get() > 0)).isTrue();
        byte[] back = new byte[sent.length];
        disk.read(0, back);
        assertThat(back).as(Arrays.toString(limit)).isEqualTo(sent);
        assertThat(completions).hasValue(1);
        assertThat(disk.counters().parts()).isGreaterThan(disk.counters().requests());
      }
    }
  }

  private static Object[] join(Object[] first, Object... second) {
    Object[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  @Test
  void ownMemoryCrossesWithoutACopy() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "4M").attach()) {
      BlockDevice disk = rig.disk();
      BlockCounters before = disk.counters();
      try (BlockMemory memory = disk.allocate(256 << 10)) {
        assertThat(memory.direct()).isTrue();
        MemorySegment half = memory.segment().asSlice(0, 128 << 10);
        half.copyFrom(MemorySegment.ofArray(Bytes.random(128 << 10, 4)));
        disk.write(100, half);
        disk.read(100, memory.segment().asSlice(128 << 10));
        assertThat(memory.segment().asSlice(128 << 10).mismatch(half)).isEqualTo(-1);
        BlockCounters after = disk.counters();
        assertThat(after.copied()).isEqualTo(before.copied());
        assertThat(after.direct()).isEqualTo(before.direct() + 2);
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment own = arena.allocate(1024);
        disk.write(0, own);
        disk.read(0, own);
        assertThatThrownBy(() -> disk.request().read(0, own)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("confined");
      }
      assertThat(disk.counters().copied()).isEqualTo(before.copied() + 2);
    }
  }

  @Test
  @Trap("T23")
  void whatCannotBeIsRefusedBeforeTheRing() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "1M").attach()) {
      BlockDevice disk = rig.disk();
      long before = disk.counters().parts();
      assertThat(refused(disk, disk.request().read(2048, memory(512)))).contains("outside");
      assertThat(refused(disk, disk.request().write(2047, memory(1024)))).contains("outside");
      assertThat(refused(disk, disk.request().write(-1, memory(512)))).contains("outside");
      assertThat(refused(disk, disk.request().discard(Long.MAX_VALUE, Long.MAX_VALUE))).contains("outside");
      assertThat(refused(disk, disk.request().read(0, memory(513)))).contains("512");
      assertThat(refused(disk, disk.request().read(0, memory(0)))).contains("outside");
      assertThat(disk.counters().parts()).isEqualTo(before);
      assertThatThrownBy(() -> disk.read(2048, new byte[512])).isInstanceOf(BlockException.class)
          .hasMessageContaining("IN sector=2048 sectors=1: REFUSED");
    }
  }

  @Test
  @Trap("T23")
  void aReadOnlyDiskRefusesWrites() throws Exception {
    Image.create(image(), 1 << 20);
    try (Rig rig = new Rig(image()).serve("readonly", "true").attach()) {
      BlockDevice disk = rig.disk();
      assertThat(disk.information().readOnly()).isTrue();
      assertThat(refused(disk, disk.request().write(0, memory(512)))).isEqualTo("read-only");
      assertThat(refused(disk, disk.request().writeZeroes(0, 1))).isEqualTo("read-only");
      disk.read(0, new byte[512]);
      disk.flush();
    }
    try (Rig rig = new Rig(image()).serve().attach("readonly", true)) {
      assertThat(rig.disk().information().readOnly()).isFalse();
      assertThat(refused(rig.disk(), rig.disk().request().write(0, memory(512)))).isEqualTo("read-only");
    }
  }

  private static String refused(BlockDevice disk, BlockRequest request) {
    AtomicInteger completions = new AtomicInteger();
    assertThat(disk.submit(request.then(each -> completions.incrementAndGet()))).isTrue();
    assertThat(request.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(completions).hasValue(1);
    return request.reason();
  }

  private static MemorySegment memory(int bytes) {
    return MemorySegment.ofArray(new byte[bytes]);
  }

  @Test
  @Trap("T27")
  void zeroesAreZeroesAndHolesGiveRoomBack() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "4M").attach()) {
      BlockDevice disk = rig.disk();
      disk.write(0, Bytes.random(4 << 20, 5));
      disk.writeZeroes(3, 1000);
      byte[] back = new byte[1000 * 512];
      disk.read(3, back);
      assertThat(back).containsOnly(0);
      assertThat(Bytes.stored(image(), 1003 * 512, 512)).isEqualTo(Arrays.copyOfRange(Bytes.random(4 << 20, 5), 1003 * 512, 1004 * 512));
      if (disk.information().discard()) {
        disk.flush();
        long before = room();
        disk.discard(2048, 4096);
        assertThat(room()).isLessThanOrEqualTo(before - (1 << 20));
      }
    }
  }

  private long room() throws Exception {
    try (SparseFile file = SparseFile.open(image())) {
      return file.allocated();
    }
  }

  @Test
  void theChannelKeepsEveryByte() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "256K").attach()) {
      byte[] model = new byte[256 << 10];
      Random random = new Random(6);
      try (SeekableByteChannel channel = rig.disk().channel()) {
        for (int i = 0; i < 400; i++) {
          int at = random.nextInt(model.length);
          int count = Math.min(model.length - at, random.nextInt(random.nextBoolean() ? 40 : 5000));
          channel.position(at);
          if (random.nextBoolean()) {
            byte[] bytes = Bytes.random(count, i);
            System.arraycopy(bytes, 0, model, at, count);
            assertThat(channel.write(ByteBuffer.wrap(bytes))).isEqualTo(count);
          } else {
            ByteBuffer bytes = random.nextBoolean() ? ByteBuffer.allocate(count) : ByteBuffer.allocateDirect(count);
            assertThat(channel.read(bytes)).isEqualTo(count);
            assertThat(bytes.flip()).isEqualTo(ByteBuffer.wrap(model, at, count).slice());
          }
          assertThat(channel.position()).isEqualTo(at + count);
        }
        channel.position(channel.size());
        assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1))).hasMessageContaining("is the end");
        assertThatThrownBy(() -> channel.truncate(0)).isInstanceOf(UnsupportedOperationException.class);
      }
      assertThat(Bytes.stored(image(), 0, model.length)).isEqualTo(model);
    }
  }

  @Test
  @Trap("T26")
  void aResizeReachesTheUser() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "1M").attach()) {
      BlockDevice disk = rig.disk();
      List<String> events = new CopyOnWriteArrayList<>();
      disk.listen(new BlockDevice.Listener() {
        @Override
        public void resized(long before, long after) {
          events.add(before + " " + after);
        }
      });
      rig.device.modified(rig.device("size", "2M"));
      assertThat(Await.that(Rig.LIMIT, () -> events.equals(List.of("2048 4096")))).isTrue();
      disk.write(4095, Bytes.random(512, 7));
      rig.device.modified(rig.device("size", "512K"));
      assertThat(Await.that(Rig.LIMIT, () -> events.equals(List.of("2048 4096", "4096 1024")))).isTrue();
      assertThat(disk.capacity()).isEqualTo(1024);
      assertThat(Files.size(image())).isEqualTo(512 << 10);
      assertThat(refused(disk, disk.request().read(1024, memory(512)))).contains("outside");
    }
  }

  @Test
  void writebackIsSetAndComesBackAfterAnExchange() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "1M").attach()) {
      BlockDevice disk = rig.disk();
      assertThat(disk.writeback()).isTrue();
      disk.writeback(false);
      assertThat(disk.writeback()).isFalse();
      rig.exchange();
      assertThat(Await.that(Rig.LIMIT, rig.port::online)).isTrue();
      assertThat(disk.writeback()).isFalse();
    }
  }

  @Test
  void memoryThatIsClosedUnderARequestHarmsThatRequestAlone() throws Exception {
    try (Rig rig = new Rig(image()).serve("size", "1M").attach()) {
      BlockDevice disk = rig.disk();
      MemorySegment memory;
      try (Arena arena = Arena.ofShared()) {
        memory = arena.allocate(512);
      }
      BlockRequest request = disk.request().write(0, memory);
      disk.submit(request);
      assertThat(Await.that(Rig.LIMIT, () -> request.outcome() == Outcome.IO_ERROR)).isTrue();
      disk.write(0, new byte[512]);
    }
  }
}
