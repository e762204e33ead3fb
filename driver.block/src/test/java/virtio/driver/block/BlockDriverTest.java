package virtio.driver.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static virtio.bus.spec.VirtioBlk.*;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.block.BlockRequest;
import virtio.block.BlockRequest.Operation;
import virtio.block.BlockRequest.Outcome;
import virtio.block.Disk;
import virtio.block.DiskInformation;
import virtio.bus.DeviceId;
import virtio.bus.DmaMemory;
import virtio.bus.Failure;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.VirtioDriver.Attached;
import virtio.bus.VirtioDriver.Entry;
import virtio.bus.Violation;
import virtio.testkit.Clause;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

class BlockDriverTest {
  private final BlockDriver driver = new BlockDriver();
  private final HeardPort port = new HeardPort();
  private ScriptedDisk device;
  private Attached attached;

  private Disk bind(ScriptedDisk scripted) {
    device = scripted;
    attached = driver.probe(scripted, driver.table().getFirst(), port);
    return port.disk;
  }

  private Outcome run(BlockRequest request) {
    assertThat(port.disk.start(request)).isTrue();
    port.disk.kick();
    device.work();
    return port.outcomes.get(request);
  }

  private static byte[] random(int bytes) {
    byte[] data = new byte[bytes];
    new Random(bytes).nextBytes(data);
    return data;
  }

  @Test
  @Shows("F06")
  void theTableNamesBlockDevicesOfAnyVendorAndBringsItsData() {
    Entry entry = driver.table().getFirst();
    assertThat(entry.id().covers(new DeviceId(2, 0x1234))).isTrue();
    assertThat(entry.id().covers(new DeviceId(1, 0x1AF4))).isFalse();
    assertThat(entry.data()).isSameAs(Sizing.STANDARD);
  }

  @Test
  @Clause("Feature Bits")
  void aWritebackCacheNeedsAFlush() {
    Features closed = Features.of(VIRTIO_BLK_F_CONFIG_WCE, VIRTIO_BLK_F_RO).closed(driver.requires());
    assertThat(closed).isEqualTo(Features.of(VIRTIO_BLK_F_RO));
    assertThat(driver.features().has(VIRTIO_BLK_F_MQ) || driver.features().has(VIRTIO_BLK_F_ZONED) || driver.features().has(0)).isFalse();
  }

  @Test
  @Clause("Device configuration layout")
  void theConfigurationIsReadWhole() {
    DiskInformation information = bind(new ScriptedDisk(128).with(CYLINDERS, 3).with(HEADS, 4).with(SECTORS, 5).with(BLK_SIZE, 4096)
        .with(PHYSICAL_BLOCK_EXP, 3).with(ALIGNMENT_OFFSET, 1).with(MIN_IO_SIZE, 8).with(OPT_IO_SIZE, 64).with(VIRTIO_BLK_F_RO)
        .with(SEG_MAX, 7).with(SIZE_MAX, 8192)).information();
    assertThat(information.geometry()).isEqualTo(new DiskInformation.Geometry(3, 4, 5));
    assertThat(information.topology()).isEqualTo(new DiskInformation.Topology(8, 1, 8, 64));
    assertThat(information.blockSize()).isEqualTo(4096);
    assertThat(information.readOnly()).isTrue();
    assertThat(information.limits()).isEqualTo(new DiskInformation.Limits(7, 8192, 56 << 10, 0, 0));
  }

  @Test
  void whatIsNotOfferedIsNotBelieved() {
    DiskInformation information = bind(new ScriptedDisk(128).with(BLK_SIZE, 3).without(VIRTIO_BLK_F_BLK_SIZE)
        .with(SEG_MAX, 0).without(VIRTIO_BLK_F_SEG_MAX)).information();
    assertThat(information.blockSize()).isEqualTo(512);
    assertThat(information.geometry()).isNull();
    assertThat(information.topology()).isNull();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "blk_size | 0 | blk_size=0 (a power of two, at least 512)",
      "blk_size | 256 | blk_size=256 (a power of two, at least 512)",
      "blk_size | 1000 | blk_size=1000 (a power of two, at least 512)",
      "seg_max | 0 | seg_max=0 (at least 1)",
      "size_max | 0 | size_max=0 (at least 1)",
      "size_max | 1 | size_max=1 with 126 segments (a request must carry 512 bytes)",
      "capacity | -1 | capacity=18446744073709551615 (at most 18014398509481983)",
      "topology.physical_block_exp | 32 | topology.physical_block_exp=32 (at most 31)"
  })
  void aFieldThatCannotBeIsNamedAndNothingIsLeft(String name, long value, String message) {
    Field field = FIELDS.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
    ScriptedDisk bad = new ScriptedDisk(128).with(field, value);
    assertThatThrownBy(() -> bind(bad)).isInstanceOf(IllegalStateException.class).hasMessage(message);
    assertThat(bad.live()).isZero();
    assertThat(port.disk).isNull();
  }

  @Test
  void aQueueThatIsNoneOrTooSmall() {
    assertThatThrownBy(() -> bind(new ScriptedDisk(0))).isInstanceOf(IllegalStateException.class).hasMessageContaining("queue 0");
    assertThatThrownBy(() -> bind(new ScriptedDisk(2))).isInstanceOf(IllegalStateException.class).hasMessageContaining("size=2");
  }

  @Test
  void littleMemoryMeansFewerSlotsThenSmallerOnesThenAnError() {
    bind(new ScriptedDisk(128).room(64 << 10));
    byte[] sent = random(40 << 10);
    assertThat(run(Asked.write(0, sent))).isEqualTo(Outcome.OK);
    assertThat(Arrays.copyOf(device.medium, sent.length)).isEqualTo(sent);
    assertThatThrownBy(() -> bind(new ScriptedDisk(128).room(8192))).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no memory");
  }

  @ParameterizedTest
  @Trap("T25")
  @CsvSource({"4,512,126", "4,100000,1", "4,1000000,126", "3,1000000,126", "128,512,1", "128,1000,3", "128,5,126"})
  void aRequestIsCutByEachLimitAndCompletesOnce(int queueSize, long sizeMax, long segMax) {
    bind(new ScriptedDisk(queueSize).with(SIZE_MAX, sizeMax).with(SEG_MAX, segMax));
    byte[] sent = random(200 << 10);
    byte[] back = new byte[sent.length];
    assertThat(run(Asked.write(8, sent))).isEqualTo(Outcome.OK);
    assertThat(Arrays.copyOfRange(device.medium, 8 * SECTOR, 8 * SECTOR + sent.length)).isEqualTo(sent);
    assertThat(run(Asked.read(8, back))).isEqualTo(Outcome.OK);
    assertThat(back).isEqualTo(sent);
    assertThat(port.outcomes).hasSize(2);
    assertThat(device.longest()).isLessThanOrEqualTo((int) Math.min(queueSize, segMax + 2));
    assertThat(device.log).allMatch(line -> Long.parseLong(line.substring(line.indexOf('+') + 1)) % 512 == 0);
    assertThat(port.disk.counters().requests()).isEqualTo(2);
  }

  @Test
  @Trap("T25")
  void partsMayCompleteInAnyOrderAndOneThatFailsDecides() {
    bind(new ScriptedDisk(128).with(SIZE_MAX, 512).with(SEG_MAX, 1)
        .answers((type, sector) -> sector == 2 ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK));
    BlockRequest request = Asked.write(0, new byte[8 * 512]);
    assertThat(port.disk.start(request)).isTrue();
    port.disk.kick();
    device.ring().out().reversed().forEach(device::serve);
    device.ring().signalled();
    assertThat(port.outcomes).containsEntry(request, Outcome.IO_ERROR).hasSize(1);
  }

  @ParameterizedTest
  @Clause("Device Operation")
  @CsvSource({"0,OK", "1,IO_ERROR", "2,UNSUPPORTED", "3,NO_STATUS", "254,NO_STATUS", "-1,NO_STATUS"})
  void eachStatusHasItsOutcome(int status, Outcome outcome) {
    bind(new ScriptedDisk(128).answers((type, sector) -> status));
    assertThat(run(Asked.read(0, new byte[512]))).isEqualTo(outcome);
    assertThat(run(Asked.plain(Operation.FLUSH))).isEqualTo(outcome);
    assertThat(port.disk.counters().noStatus()).isEqualTo(outcome == Outcome.NO_STATUS ? 2 : 0);
    device.answers((type, sector) -> VIRTIO_BLK_S_OK);
    assertThat(run(Asked.read(0, new byte[512]))).isEqualTo(Outcome.OK);
  }

  @Test
  void aReadThatFailsLeavesTheCallersMemory() {
    bind(new ScriptedDisk(128).answers((type, sector) -> VIRTIO_BLK_S_IOERR));
    byte[] memory = random(512);
    assertThat(run(Asked.read(0, memory))).isEqualTo(Outcome.IO_ERROR);
    assertThat(memory).isEqualTo(random(512));
  }

  @Test
  @Trap("T26")
  void anIdIsTwentyBytes() {
    bind(new ScriptedDisk(128));
    byte[] id = new byte[20];
    assertThat(run(new Asked(Operation.GET_ID, 0, 0, MemorySegment.ofArray(id)))).isEqualTo(Outcome.OK);
    assertThat(new String(id)).isEqualTo("12345678901234567890");
  }

  @Test
  @Trap("T27")
  void rangesAreCutByTheirLimitAndAtTheAlignment() {
    bind(new ScriptedDisk(128).with(MAX_DISCARD_SECTORS, 100).with(DISCARD_SECTOR_ALIGNMENT, 8).with(MAX_WRITE_ZEROES_SECTORS, 150));
    assertThat(run(Asked.range(Operation.DISCARD, 5, 250))).isEqualTo(Outcome.OK);
    assertThat(device.log).containsExactly("DISCARD 5+99 flags 0", "DISCARD 104+96 flags 0", "DISCARD 200+55 flags 0");
    device.log.clear();
    assertThat(run(Asked.range(Operation.WRITE_ZEROES, 0, 300))).isEqualTo(Outcome.OK);
    assertThat(device.log).containsExactly("WRITE_ZEROES 0+150 flags 0", "WRITE_ZEROES 150+150 flags 0");
  }

  @Test
  @Trap("T27")
  void whatTheDeviceCannotDoIsUnsupportedOrDoneByWriting() {
    bind(new ScriptedDisk(128));
    Arrays.fill(device.medium, (byte) 1);
    assertThat(run(Asked.range(Operation.DISCARD, 0, 1))).isEqualTo(Outcome.UNSUPPORTED);
    assertThat(device.log).isEmpty();
    assertThat(run(Asked.range(Operation.WRITE_ZEROES, 1, 1000))).isEqualTo(Outcome.OK);
    assertThat(Arrays.copyOfRange(device.medium, 512, 1001 * 512)).containsOnly(0);
    assertThat(device.medium[511] + device.medium[1001 * 512]).isEqualTo(2);
  }

  @Test
  void aCommandThatTurnsOutNotToBeThereIsSwitchedOff() {
    bind(new ScriptedDisk(128).with(MAX_DISCARD_SECTORS, 100).with(MAX_WRITE_ZEROES_SECTORS, 100)
        .answers((type, sector) -> type == VIRTIO_BLK_T_OUT ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_UNSUPP));
    assertThat(run(Asked.range(Operation.DISCARD, 0, 1))).isEqualTo(Outcome.UNSUPPORTED);
    assertThat(port.disk.information().discard()).isFalse();
    assertThat(port.events).contains("changed");
    int before = device.log.size();
    assertThat(run(Asked.range(Operation.DISCARD, 0, 1))).isEqualTo(Outcome.UNSUPPORTED);
    assertThat(device.log).hasSize(before);
    assertThat(run(Asked.range(Operation.WRITE_ZEROES, 0, 1))).isEqualTo(Outcome.UNSUPPORTED);
    assertThat(run(Asked.range(Operation.WRITE_ZEROES, 0, 1))).isEqualTo(Outcome.OK);
    assertThat(device.log).endsWith("OUT 0+512");
  }

  @Test
  void aFlushThatIsNotNeededIsDone() {
    bind(new ScriptedDisk(128).without(VIRTIO_BLK_F_FLUSH));
    assertThat(run(Asked.plain(Operation.FLUSH))).isEqualTo(Outcome.OK);
    assertThat(device.log).isEmpty();
  }

  @Test
  void memoryOfTheDeviceIsNotCopied() {
    Disk disk = bind(new ScriptedDisk(128));
    DmaMemory memory = disk.allocate(100 << 10);
    assertThat(disk.direct(memory.segment().asSlice(512, 512))).isTrue();
    byte[] sent = random(64 << 10);
    memory.segment().asSlice(512).copyFrom(MemorySegment.ofArray(sent));
    assertThat(run(new Asked(Operation.OUT, 3, 128, memory.segment().asSlice(512, 64 << 10)))).isEqualTo(Outcome.OK);
    assertThat(Arrays.copyOfRange(device.medium, 3 * 512, 3 * 512 + sent.length)).isEqualTo(sent);
    assertThat(disk.counters().copied()).isZero();
    assertThat(disk.counters().direct()).isEqualTo(1);
    disk.free(memory);
    assertThat(disk.direct(memory.segment())).isFalse();
    assertThat(device.live()).isEqualTo(2);
  }

  @Test
  @Clause("Device configuration layout")
  void newFieldsAreReadAndTold() {
    Disk disk = bind(new ScriptedDisk(128));
    device.with(CAPACITY, 5000);
    attached.configChanged();
    assertThat(disk.information().capacity()).isEqualTo(5000);
    assertThat(port.events).containsExactly("changed");
    device.with(CAPACITY, -1);
    attached.configChanged();
    assertThat(disk.information().capacity()).isEqualTo(5000);
  }

  @Test
  void writebackIsAFieldAndNeedsItsFeature() {
    Disk disk = bind(new ScriptedDisk(128).with(WRITEBACK, 1));
    assertThat(disk.writeback()).isTrue();
    disk.writeback(false);
    assertThat(device.read(WRITEBACK)).isZero();
    assertThat(disk.writeback()).isFalse();
    assertThatThrownBy(() -> bind(new ScriptedDisk(128)).writeback(false)).isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @Clause("Device Cleanup")
  @CsvSource({"true", "false"})
  void removalGivesBackEachRequestOnce(boolean confirmed) {
    Disk disk = bind(confirmed ? new ScriptedDisk(16) : new ScriptedDisk(16).neverStops());
    BlockRequest used = Asked.read(0, new byte[512]);
    BlockRequest out = Asked.read(1, new byte[512]);
    BlockRequest halfSent = Asked.read(2, new byte[1 << 19]);
    assertThat(disk.start(used) && disk.start(out) && disk.start(halfSent)).isTrue();
    assertThat(disk.start(Asked.read(3, new byte[512]))).isFalse();
    disk.kick();
    device.serve(device.ring().out().getFirst());
    attached.remove();
    attached.remove();
    assertThat(port.outcomes).containsOnlyKeys(used).containsValue(Outcome.OK);
    assertThat(port.returned).containsOnlyKeys(out, halfSent).containsValue(confirmed).doesNotContainValue(!confirmed);
    assertThat(port.events).endsWith("down " + confirmed);
    assertThat(device.live()).isZero();
    assertThat(disk.start(out)).isFalse();
    assertThat(disk.poll()).isZero();
    assertThat(disk.allocate(512)).isNull();
  }

  @Test
  void aBrokenRingIsToldAndNothingIsStarted() {
    Disk disk = bind(new ScriptedDisk(16));
    BlockRequest out = Asked.read(1, new byte[512]);
    disk.start(out);
    disk.kick();
    device.ring().breakBy(Violation.USED_LEN);
    attached.failed(new Failure(Failure.Kind.RING_BROKEN, "queue 0: USED_LEN"));
    assertThat(port.events).contains("ring broken: queue 0: USED_LEN");
    assertThat(disk.start(Asked.read(2, new byte[512]))).isFalse();
    attached.remove();
    assertThat(port.returned).containsOnlyKeys(out);
  }

  @Test
  void whatDoesNotFitNowFitsLater() {
    Disk disk = bind(new ScriptedDisk(4));
    BlockRequest first = Asked.read(0, new byte[512]);
    BlockRequest second = Asked.read(1, new byte[512]);
    assertThat(disk.start(first)).isTrue();
    assertThat(disk.start(second)).isFalse();
    disk.kick();
    device.work();
    assertThat(port.events).containsExactly("room");
    assertThat(run(second)).isEqualTo(Outcome.OK);
  }
}
