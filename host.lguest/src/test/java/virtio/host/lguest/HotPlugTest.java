package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.BusDevice;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioBlk;
import virtio.config.lguest.LguestConfig;
import virtio.config.lguest.LguestLayout;
import virtio.testkit.Await;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeRegisters;

/** Devices, machines and walkers that come and go, in every order. */
@Timeout(60)
class HotPlugTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final BothEnds ends = new BothEnds();
  private final LguestConfig handler = new LguestConfig();

  @AfterEach
  void close() {
    ends.close();
  }

  /** A device on its slot, and the way to take both away. */
  private record Plugged(Slot slot, Registration exposed) {
    void unplug() {
      exposed.close();
      slot.close();
    }
  }

  private Plugged plug(String name) {
    Slot slot = ends.host.plug(name, Map.of());
    FakeRegisters device = new FakeRegisters(new DeviceId(2, DeviceId.VENDOR_QUMRANET)).offers(Features.of(FeatureBits.VIRTIO_F_VERSION_1))
        .has(VirtioBlk.CAPACITY, 8).queue(0, 64);
    try {
      Registration exposed = handler.expose(device, slot);
      slot.announce();
      return new Plugged(slot, exposed);
    } catch (IllegalStateException refused) {
      slot.close();
      throw refused;
    }
  }

  private int type(long offset) {
    return (int) ends.guest.window(ends.memory.devicePage(), 4096).read(offset, 1);
  }

  @Test
  @Shows({"F11", "F49"})
  void theRoomOfAGoneDeviceWaitsForItsLastHolder() {
    Plugged first = plug("disk0");
    Plugged second = plug("disk1");
    Plugged third = plug("disk2");
    BusDevice device = ends.find(second.slot());
    long length = device.window("entry").size();
    assertThat(device.name()).isEqualTo("m0/1");
    Registration claim = device.claim();
    DeviceConfig config = handler.open(device);
    second.unplug();
    assertThat(Await.that(PATIENCE, () -> !ends.present.containsKey("m0/1"))).isTrue();
    assertThat(config.status()).isEqualTo(0xFF);
    assertThat(device.window("entry").read(0, 4)).isEqualTo(0xFFFF_FFFFL);
    assertThat(type(length)).isEqualTo(0xFF);
    assertThatThrownBy(device::claim).isInstanceOf(IllegalStateException.class).hasMessageContaining("gone");

    Plugged fourth = plug("disk3");
    assertThat(ends.find(fourth.slot()).name()).isEqualTo("m0/3");
    config.close();
    claim.close();
    assertThat(Await.that(PATIENCE, () -> plugAndSee("disk4"))).isTrue();
    assertThat(ends.present.keySet()).containsExactlyInAnyOrder("m0/0", "m0/1", "m0/2", "m0/3");
    first.unplug();
    third.unplug();
    fourth.unplug();
  }

  /** Whether a new device gets the room of the one that went. */
  private boolean plugAndSee(String name) {
    Plugged plugged = plug(name);
    if (ends.find(plugged.slot()).name().equals("m0/1")) {
      return true;
    }
    plugged.unplug();
    return false;
  }

  @Test
  void aClaimsHandlersEndWithIt() {
    Plugged plugged = plug("disk0");
    BusDevice device = ends.find(plugged.slot());
    Slot.Line line = plugged.slot().line();
    AtomicInteger calls = new AtomicInteger();
    Registration claim = device.claim();
    device.interrupts().get(line.place()).register(calls::incrementAndGet);
    line.raise(0);
    assertThat(Await.that(PATIENCE, () -> calls.get() > 0)).isTrue();
    claim.close();
    int then = calls.get();
    line.raise(0);
    AtomicInteger after = new AtomicInteger();
    ends.guest.interrupt(line.place()).register(after::incrementAndGet);
    line.raise(0);
    assertThat(Await.that(PATIENCE, () -> after.get() > 0)).isTrue();
    assertThat(calls).hasValue(then);
    assertThat(device.interrupts().getFirst()).isNull();
    assertThat(device.interrupts()).hasSize(32);
  }

  @Test
  void aMachineThatGoesTakesItsDevicesAndBringsThemBack() {
    Plugged plugged = plug("disk0");
    BusDevice device = ends.find(plugged.slot());
    ends.transport.unbindMachine(ends.guest);
    assertThat(Await.that(PATIENCE, () -> ends.present.isEmpty())).isTrue();
    assertThat(device.window("entry").read(4, 1)).isEqualTo(0xFF);
    ends.transport.bindMachine(ends.guest);
    assertThat(ends.find(plugged.slot())).isNotSameAs(device);
  }

  @Test
  void aWalkerMayComeLaterAndGo() {
    LguestLayout walker = new LguestLayout();
    Map<String, Object> named = Map.of("virtio.layout", "lguest");
    Plugged plugged = plug("disk0");
    BusDevice device = ends.find(plugged.slot());
    ends.transport.bindLayout(walker, named);
    ends.transport.unbindLayout(walker, named);
    ends.transport.unbindMachine(ends.guest);
    assertThat(Await.that(PATIENCE, () -> ends.present.isEmpty())).isTrue();
    ends.transport.bindMachine(ends.guest);
    plug("disk1");
    ends.transport.bindLayout(walker, Map.of("virtio.layout", "other"));
    assertThat(ends.present).isEmpty();
    ends.transport.bindLayout(walker, named);
    assertThat(Await.that(PATIENCE, () -> ends.present.size() == 2)).isTrue();
    assertThat(ends.present.get("m0/0")).isNotSameAs(device);
  }

  @Test
  void thousandComeAndGoAndNothingIsLeft() {
    int threads = Thread.activeCount();
    for (int i = 0; i < 1000; i++) {
      Plugged plugged = plug("disk" + i);
      if (i % 10 == 0) {
        handler.identify(ends.find(plugged.slot()));
      }
      plugged.unplug();
    }
    assertThat(Await.that(PATIENCE, () -> ends.present.isEmpty() && type(0) == 0)).isTrue();
    assertThat(ends.host.space().regions()).isZero();
    assertThat(ends.host.space().quarantined()).isZero();
    assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads);
  }

  @Test
  void aBusThatIsFullSaysSo() {
    List<Plugged> devices = new ArrayList<>();
    for (int i = 0; i < 15; i++) {
      devices.add(plug("disk" + i));
    }
    assertThatThrownBy(() -> plug("disk15")).isInstanceOf(IllegalStateException.class).hasMessageContaining("no interrupt is left");
    devices.get(7).unplug();
    assertThat(Await.that(PATIENCE, () -> ends.present.size() == 14)).isTrue();
    Plugged again = plug("disk15");
    assertThat(ends.find(again.slot())).isNotNull();
  }

  /** What the guest writes over the page concerns the guest: the host goes on, and the walk ends. */
  @Test
  void aPageOverwrittenByTheGuestHarmsNobody() {
    Plugged plugged = plug("disk0");
    ends.find(plugged.slot());
    for (int fill : new int[] {0x01, 0xFF, 0x02, 0x80, 0x00}) {
      for (int offset = 0; offset < 4096; offset += 8) {
        ends.guest.window(ends.memory.devicePage(), 4096).write(offset, 8, fill * 0x0101_0101_0101_0101L);
      }
      for (int offset = 0; offset < 4096; offset += 17) {
        ends.guest.hypercall(17, new long[] {ends.memory.devicePage() + offset});
        ends.guest.hypercall(64, new long[] {ends.memory.devicePage() + offset});
      }
      ends.host.raise(31);
    }
    plugged.unplug();
    assertThat(Await.that(PATIENCE, () -> ends.present.isEmpty())).isTrue();
  }
}
