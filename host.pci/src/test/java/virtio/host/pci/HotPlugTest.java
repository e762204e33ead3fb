package virtio.host.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.Machine;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.testkit.Await;
import virtio.testkit.Shows;

/** Functions and machines that come and go. */
@Timeout(120)
class HotPlugTest {
  private final BothEnds ends = new BothEnds();

  @AfterEach
  void close() {
    ends.close();
  }

  private Slot plug(String name) {
    Slot slot = ends.host.plug(name, Map.of());
    slot.place("stream", 64);
    slot.announce();
    return slot;
  }

  @Test
  @Shows({"F11", "F49"})
  void aMachineThatTellsIsLookedAtAtOnce() throws InterruptedException {
    CountDownLatch told = new CountDownLatch(100);
    Registration watching = ends.host.machine().interrupt(AddressMap.CHANGED).register(told::countDown);
    List<Slot> slots = new ArrayList<>();
    // A look each second alone would take as long as there are devices.
    for (int i = 0; i < 25; i++) {
      slots.add(plug("disk" + i));
      ends.find(slots.getLast());
    }
    slots.forEach(Slot::close);
    assertThat(Await.that(BothEnds.PATIENCE, ends.present::isEmpty)).isTrue();
    assertThat(told.getCount()).isLessThan(100);
    watching.close();
    assertThat(told.await(0, TimeUnit.SECONDS)).isFalse();
  }

  @Test
  void whatIsPulledReadsAllOnesForThoseWhoStillHaveIt() {
    Slot slot = ends.host.plug("disk0", Map.of());
    slot.place("stream", 64);
    assertThat(slot.channel()).isNotNull();
    slot.announce();
    BusDevice device = ends.find(slot);
    Registration claim = device.claim();
    Window stream = device.window("stream");
    stream.write(8, 4, 0x1234_5678L);
    assertThat(stream.read(8, 4)).isEqualTo(0x1234_5678L);
    slot.close();
    assertThat(Await.that(BothEnds.PATIENCE, ends.present::isEmpty)).isTrue();
    assertThat(stream.read(8, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(device.window("config").read(0, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(device.channel().transfer(ends.host.memory().at(AddressMap.MEMORY + 4096, 8), 0, 8, Channel.Direction.READ))
        .isEqualTo(Channel.GONE);
    device.doorbell(3).raise(0);
    stream.write(8, 4, 1);
    claim.close();
    assertThatThrownBy(device::claim).isInstanceOf(IllegalStateException.class).hasMessageContaining("gone");
  }

  @Test
  void aNumberIsUsedAgainAndIsAnotherDevice() {
    Slot first = plug("disk0");
    BusDevice before = ends.find(first);
    List<Slot> others = new ArrayList<>();
    first.close();
    for (int i = 0; i < 31; i++) {
      others.add(plug("other" + i));
    }
    assertThat(others).extracting(Slot::name).contains(before.name());
    assertThat(Await.that(BothEnds.PATIENCE, () -> ends.present.size() == 31)).isTrue();
    assertThat(ends.present.get(before.name())).isNotSameAs(before);
  }

  @Test
  void threeHundredComeAndGoAndNothingIsLeft() {
    int threads = Thread.activeCount();
    for (int i = 0; i < 300; i++) {
      Slot slot = plug("disk" + i);
      if (i % 10 == 0) {
        ends.find(slot);
      }
      slot.close();
    }
    assertThat(Await.that(BothEnds.PATIENCE, ends.present::isEmpty)).isTrue();
    assertThat(ends.host.memory().host().regions()).isZero();
    assertThat(ends.host.memory().guest().regions()).isZero();
    assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads);
  }

  @Test
  void aMachineThatGoesTakesItsDevicesAndBringsThemBack() {
    Slot slot = plug("disk0");
    BusDevice before = ends.find(slot);
    Machine machine = ends.host.machine();
    ends.transport.unbindMachine(machine);
    assertThat(Await.that(BothEnds.PATIENCE, ends.present::isEmpty)).isTrue();
    ends.transport.bindMachine(machine);
    assertThat(ends.find(slot)).isNotSameAs(before);
  }
}
