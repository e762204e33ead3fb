package virtio.ring.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.Chain;
import virtio.bus.Channel;
import virtio.bus.DeviceQueue;
import virtio.bus.DmaMemory;
import virtio.bus.AddressSpace;
import virtio.bus.Link;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat.Rings;
import virtio.bus.Virtqueue;
import virtio.testkit.Clause;
import virtio.testkit.RawSplitRing;
import virtio.testkit.RingEnds;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeMemory;

/** Where a ring lies: in memory of its own, or where the other side put it. */
class RingMemoryTest {
  private FakeMemory memory;
  private Rings<Virtqueue> driver;
  private Rings<DeviceQueue> device;

  @BeforeEach
  void make() {
    memory = new FakeMemory(false);
    Link link = RingEnds.sharing(memory).driver();
    driver = new SplitRing().driver(link, Runnable::run);
    device = new SplitRing().device(link, Runnable::run);
    driver.accept(SplitRig.EVENT_IDX);
    device.accept(SplitRig.EVENT_IDX);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 256, 32768})
  @Clause("Virtqueues")
  void ownAreasAreAlignedAndApart(int size) {
    assertThat(driver.queue(0, size, RingAreas.NONE, position -> {}, null)).isNotNull();
    RingAreas areas = driver.areas(0);
    assertThat(areas.descriptors() % 16).isZero();
    assertThat(areas.available() % 2).isZero();
    assertThat(areas.used() % 4).isZero();
    assertThat(areas.available()).isGreaterThanOrEqualTo(areas.descriptors() + 16L * size);
    assertThat(areas.used()).isGreaterThanOrEqualTo(areas.available() + 6 + 2L * size);
    assertThat(memory.adopt(areas.used(), 6 + 8L * size)).isNotNull();
    assertThat(new RawSplitRing(memory, areas, size).usedFlags()).isZero();
  }

  @Test
  @Shows("F33")
  void aRingThatTheHostPlaced() {
    assertThat(device.queue(0, 8, RingAreas.NONE, position -> {}, null)).isNotNull();
    RingAreas hosts = device.areas(0);
    int regions = memory.live();
    Virtqueue queue = driver.queue(0, 8, hosts, position -> {}, null);
    assertThat(driver.areas(0)).isEqualTo(hosts);
    assertThat(memory.live()).as("nothing of our own").isEqualTo(regions);
    driver.start();
    DmaMemory buffer = memory.allocate(64, 8);
    queue.add(new Chain(1).writable(buffer, 0, 64), "a");
    queue.sync();
    RawSplitRing raw = new RawSplitRing(memory, hosts, 8);
    assertThat(raw.availIdx()).isOne();
    assertThat(raw.descAddr(raw.availRing(0))).isEqualTo(buffer.address());
  }

  @Test
  void whatTheOtherSideLeftInARingIsCleared() {
    device.queue(0, 8, RingAreas.NONE, position -> {}, null);
    RawSplitRing raw = new RawSplitRing(memory, device.areas(0), 8);
    raw.availIdx(77);
    raw.availFlags(1);
    raw.usedEvent(99);
    driver.queue(0, 8, device.areas(0), position -> {}, null);
    assertThat(raw.availIdx()).isZero();
    assertThat(raw.availFlags()).isZero();
    assertThat(raw.usedEvent()).isZero();
  }

  @Test
  @Clause("Virtqueues")
  void areasThatAreNotGrantedOrNotAlignedAreRefusedByName() {
    DmaMemory region = memory.allocate(1 << 14, 4096);
    long at = region.address();
    refused(new RingAreas(at + 8, at + 1024, at + 4096), "descriptors");
    refused(new RingAreas(at, at + 1025, at + 4096), "available");
    refused(new RingAreas(at, at + 1024, at + 4098), "used");
    refused(new RingAreas(0x500, at + 1024, at + 4096), "descriptors");
    refused(new RingAreas(at, at + (1 << 14) - 4, at + 4096), "available");
    refused(new RingAreas(at, at + 1024, -8), "used");
    assertThat(memory.live()).isOne();
  }

  private void refused(RingAreas areas, String name) {
    assertThatThrownBy(() -> driver.queue(0, 8, areas, position -> {}, null)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name + "=0x");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 3, 100, 65536})
  @Clause("Virtqueues")
  void sizesOtherThanPowersOfTwoUpTo32768AreRefused(int size) {
    assertThatThrownBy(() -> driver.queue(0, size, RingAreas.NONE, position -> {}, null)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("size=" + size);
  }

  @Test
  void aLinkWithoutMemoryIsNamed() {
    Link none = new Link() {
      @Override
      public AddressSpace memory() {
        return null;
      }

      @Override
      public Channel channel() {
        return null;
      }
    };
    assertThat(new SplitRing().lacks(none)).isEqualTo("shared memory");
    assertThat(new SplitRing().lacks(RingEnds.sharing(memory).driver())).isNull();
    assertThatThrownBy(() -> new SplitRing().driver(none, Runnable::run)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void closingWithoutAResetSetsMemoryAside() {
    driver.queue(0, 8, RingAreas.NONE, position -> {}, null);
    driver.start();
    driver.close();
    assertThat(memory.quarantined()).isPositive();
  }
}
