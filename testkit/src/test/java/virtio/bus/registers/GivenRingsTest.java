package virtio.bus.registers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import virtio.bus.DeviceId;
import virtio.bus.RingAreas;
import virtio.testkit.fake.FakeRegisters;
import virtio.testkit.fake.ForwardingConfig;
import virtio.testkit.fake.PlainBus;

class GivenRingsTest {
  private final FakeRegisters device = new FakeRegisters(new DeviceId(2, 0x1AF4)).queue(0, 128).queue(1, 8);
  private final PlainBus bus = PlainBus.empty(1);

  @Test
  void eachQueueHasOneOfItsLargestSize() {
    GivenRings rings = GivenRings.of(device, bus.slot());
    assertThat(rings.count()).isEqualTo(2);
    assertThat(rings.areas(0)).isEqualTo(new RingAreas(0x400_1000, 0x400_1800, 0x400_2000));
    assertThat(rings.areas(1)).isEqualTo(new RingAreas(0x400_3000, 0x400_3080, 0x400_4000));
    assertThat(rings.page(1)).isEqualTo(0x4003);
    assertThat(rings.address(2)).isZero();
    assertThat(rings.areas(2)).isEqualTo(RingAreas.NONE);
  }

  @Test
  void ringsThatShareNoMemoryAreNotGiven() {
    GivenRings none = GivenRings.of(new ForwardingConfig(device) {
      @Override
      public boolean ringsInMemory() {
        return false;
      }
    }, bus.slot());
    assertThat(none.count()).isZero();
    assertThat(none.page(0)).isZero();
    none.clear();
    none.release(false);
    assertThat(bus.quarantined).isEmpty();
  }

  @Test
  void withoutRoomForAllNoneIsTaken() {
    bus.rings = 1;
    assertThatThrownBy(() -> GivenRings.of(device, bus.slot())).isInstanceOf(IllegalStateException.class)
        .hasMessage("plain/0: no memory is left for ring 1 of 8");
    assertThat(bus.freed).hasSize(1);
  }

  @Test
  void theyAreZeroedUntilTheyGoBack() {
    GivenRings rings = GivenRings.of(bus.slot(), 8);
    MemorySegment ring = bus.taken.getFirst().segment().fill((byte) 7);
    rings.clear();
    assertThat(ring.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    rings.release(true);
    ring.fill((byte) 7);
    rings.clear();
    assertThat(ring.toArray(ValueLayout.JAVA_BYTE)).as("it is another's").containsOnly(7);
  }

  @Test
  void theyGoBackOnceOrAreSetAside() {
    GivenRings idle = GivenRings.of(bus.slot(), 8);
    idle.release(true);
    idle.release(false);
    assertThat(bus.freed).hasSize(1);
    assertThat(bus.quarantined).isEmpty();
    GivenRings.of(bus.slot(), 8, 8).release(false);
    assertThat(bus.quarantined).hasSize(2);
  }
}
