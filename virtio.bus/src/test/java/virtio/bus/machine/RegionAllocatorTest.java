package virtio.bus.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import virtio.bus.DmaMemory;

class RegionAllocatorTest {
  private static final long BASE = 0x4000_0000L;
  private static final int SIZE = 1 << 20;
  private static final int RESERVED = 1 << 16;

  private final DmaMemory memory = new DmaMemory(Arena.ofAuto().allocate(SIZE, 4096), BASE);
  private final RegionAllocator space = new RegionAllocator(RegionAllocator.part(memory, RESERVED, SIZE - RESERVED), memory);

  @Test
  void regionsAreAlignedZeroedAndApart() {
    memory.segment().fill((byte) 0xAA);
    Random random = new Random(7);
    List<DmaMemory> out = new ArrayList<>();
    for (int round = 0; round < 5000; round++) {
      if (out.size() > 20 || !out.isEmpty() && random.nextInt(3) == 0) {
        space.free(out.remove(random.nextInt(out.size())));
        continue;
      }
      long alignment = 1L << random.nextInt(13);
      DmaMemory region = space.allocate(1 + random.nextInt(20_000), alignment);
      if (region == null) {
        continue;
      }
      assertThat(region.address() % alignment).isZero();
      assertThat(region.address()).isGreaterThanOrEqualTo(BASE + RESERVED);
      assertThat(region.segment().mismatch(memory.segment().asSlice(region.address() - BASE, region.bytes()))).isEqualTo(-1);
      assertThat(region.segment().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
      assertThat(out).noneMatch(other -> other.address() < region.address() + region.bytes()
          && region.address() < other.address() + other.bytes());
      region.segment().fill((byte) 0xAA);
      out.add(region);
    }
    out.forEach(space::free);
    assertThat(space.regions()).isZero();
    assertThat(space.allocate(SIZE - RESERVED, 64)).isNotNull();
    assertThat(space.allocate(1, 1)).isNull();
  }

  @Test
  void whatIsInQuarantineStaysOut() {
    DmaMemory region = space.allocate(4096, 4096);
    space.quarantine(region);
    assertThat(space.quarantined()).isEqualTo(4096);
    assertThat(space.regions()).isZero();
    assertThat(space.allocate(4096, 4096).address()).isNotEqualTo(region.address());
    assertThatThrownBy(() -> space.free(region)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void foreignAddressesAreChecked() {
    assertThat(space.adopt(BASE, SIZE)).isEqualTo(memory);
    assertThat(space.adopt(BASE + 1, SIZE)).isNull();
    assertThat(space.adopt(BASE - 1, 1)).isNull();
    assertThat(space.adopt(-1, Long.MAX_VALUE)).isNull();
    assertThat(space.translated()).isFalse();
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(() -> space.allocate(0, 1)).hasMessageContaining("bytes=0");
    assertThatThrownBy(() -> space.allocate(1, 3)).hasMessageContaining("alignment=3");
    assertThatThrownBy(() -> space.free(new DmaMemory(memory.segment().asSlice(RESERVED, 64), BASE + RESERVED)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void eachSideHasItsOwnPart() {
    DmaMemory guests = RegionAllocator.part(memory, 0, RESERVED);
    RegionAllocator host = new RegionAllocator(RegionAllocator.part(memory, RESERVED, SIZE - RESERVED), guests);
    RegionAllocator guest = new RegionAllocator(guests, memory);
    DmaMemory region = host.allocate(64, 64);
    assertThat(region.address()).isEqualTo(BASE + RESERVED);
    assertThat(guest.adopt(region.address(), 64)).isEqualTo(memory);
    assertThat(host.adopt(region.address(), 64)).isNull();
    assertThat(guest.allocate(RESERVED + 1, 1)).isNull();
    assertThat(guest.allocate(RESERVED, 1L << 16)).isNotNull();
  }

  @Test
  void whatCameBackIsOnePieceAgain() {
    List<DmaMemory> regions = new ArrayList<>();
    for (DmaMemory region = space.allocate(3000, 64); region != null; region = space.allocate(3000, 64)) {
      regions.add(region);
    }
    assertThat(space.allocate(SIZE - RESERVED, 64)).isNull();
    Collections.shuffle(regions, new Random(1));
    regions.forEach(space::free);
    assertThat(space.allocate(SIZE - RESERVED, 64)).isNotNull();
  }
}
