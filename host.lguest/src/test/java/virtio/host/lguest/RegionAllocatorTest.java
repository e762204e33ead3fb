package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import virtio.bus.DmaMemory;

class RegionAllocatorTest {
  private static final int BYTES = 1 << 20;
  private static final int FROM = 4096;

  private final MemorySegment memory = Arena.ofAuto().allocate(BYTES, 4096);
  private final RegionAllocator allocator = new RegionAllocator(memory, FROM, BYTES);

  @Test
  void regionsAreZeroedAlignedAndWhereTheySay() {
    memory.fill((byte) 0x77);
    allocator.allocate(100, 1);
    DmaMemory region = allocator.allocate(5000, 4096);
    assertThat(region.address()).isEqualTo(8192);
    assertThat(region.segment().byteSize()).isEqualTo(5000);
    assertThat(region.segment().mismatch(MemorySegment.ofArray(new byte[5000]))).isEqualTo(-1);
    region.segment().set(ValueLayout.JAVA_BYTE, 17, (byte) 5);
    assertThat(memory.get(ValueLayout.JAVA_BYTE, 8192 + 17)).isEqualTo((byte) 5);
  }

  @Test
  void whatCameBackIsOnePieceAgain() {
    List<DmaMemory> regions = new ArrayList<>();
    for (DmaMemory region = allocator.allocate(3000, 64); region != null; region = allocator.allocate(3000, 64)) {
      regions.add(region);
    }
    assertThat(regions).hasSizeGreaterThan(300);
    assertThat(allocator.allocate(BYTES - FROM, 64)).isNull();
    Collections.shuffle(regions, new Random(1));
    regions.forEach(allocator::free);
    assertThat(allocator.regions()).isZero();
    assertThat(allocator.allocate(BYTES - FROM, 64)).isNotNull();
  }

  @Test
  void neverTheSameByteTwice() {
    Random random = new Random(2);
    List<DmaMemory> live = new ArrayList<>();
    for (int turn = 0; turn < 5000; turn++) {
      if (live.size() > 40 || !live.isEmpty() && random.nextInt(3) == 0) {
        allocator.free(live.remove(random.nextInt(live.size())));
        continue;
      }
      DmaMemory region = allocator.allocate(1 + random.nextInt(9000), 1L << random.nextInt(13));
      if (region != null) {
        for (DmaMemory other : live) {
          assertThat(region.address() + region.segment().byteSize() <= other.address()
              || other.address() + other.segment().byteSize() <= region.address()).isTrue();
        }
        live.add(region);
      }
    }
  }

  @Test
  void quarantineIsCountedAndNeverReused() {
    DmaMemory region = allocator.allocate(65_536, 4096);
    allocator.quarantine(region);
    assertThat(allocator.quarantined()).isEqualTo(65_536);
    assertThat(allocator.regions()).isZero();
    assertThatThrownBy(() -> allocator.free(region)).isInstanceOf(IllegalArgumentException.class);
    for (DmaMemory other = allocator.allocate(4096, 64); other != null; other = allocator.allocate(4096, 64)) {
      assertThat(region.holds(other.address(), 1)).isFalse();
      assertThat(region.holds(other.address() + 4095, 1)).isFalse();
    }
  }

  @Test
  void aCallersMistakeIsNamed() {
    DmaMemory region = allocator.allocate(64, 64);
    allocator.free(region);
    assertThatThrownBy(() -> allocator.free(region)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("address=0x1000");
    assertThatThrownBy(() -> allocator.allocate(0, 64)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("bytes=0");
    assertThatThrownBy(() -> allocator.allocate(64, 48)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("alignment=48");
    assertThat(allocator.allocate(Long.MAX_VALUE, 64)).isNull();
    assertThat(allocator.allocate(64, 1L << 62)).isNull();
  }
}
