package virtio.transport.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.BusDevice;
import virtio.bus.DeviceId;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.spec.Pci;
import virtio.testkit.Await;
import virtio.testkit.Shows;
import virtio.testkit.Trap;
import virtio.testkit.fake.FakePci;
import virtio.testkit.fake.FakePciBridge;
import virtio.testkit.fake.FakePciFunction;
import virtio.testkit.fake.FakePciSlot;
import virtio.testkit.fake.FakeRegisters;

/** The transport over a machine in memory, which decodes as its registers say. */
@Timeout(60)
class PciTransportTest {
  private static final int BLOCK = 0x1042;
  private static final int STATUS = 20;

  private final FakePci machine = new FakePci("p0");
  private final PciTransport transport = new PciTransport();
  private final Follower follower = new Follower();
  private final FakeRegisters registers = new FakeRegisters(new DeviceId(2, DeviceId.VENDOR_QUMRANET));

  @AfterEach
  void stop() {
    transport.stop();
    machine.close();
  }

  private void start() {
    transport.watch(follower);
    transport.bindMachine(machine);
  }

  private FakePciSlot disk(int place) {
    return disk(machine, place);
  }

  /** Three vectors, and one register. */
  private FakePciSlot disk(FakePci on, int place) {
    FakePciSlot function = new FakePciSlot(on, place).vectors(3);
    function.identity(BLOCK, DeviceId.VENDOR_QUMRANET, 0x1100, 0x010000);
    function.window("bar4", new Window() {
      @Override
      public long size() {
        return 0x4000;
      }

      @Override
      public long read(long offset, int width) {
        return offset == STATUS ? registers.status() : 0;
      }

      @Override
      public void write(long offset, int width, long value) {
        registers.status((int) value);
      }
    });
    return function;
  }

  private static boolean eventually(java.util.function.BooleanSupplier condition) {
    return Await.that(Duration.ofSeconds(10), condition);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Shows("F49")
  void findsVirtioFunctionsAndLeavesOthersAlone(boolean ecam) {
    if (ecam) {
      machine.ecam();
    }
    machine.root().plug(4, disk(4));
    FakePciFunction other = machine.root().plug(2, new FakePciFunction(0x8086, 0x100E).put(Pci.HEADER_TYPE, 1, Pci.HEADER_MULTIFUNCTION));
    FakePciSlot second = machine.root().plug(2, 3, disk(2));
    start();
    BusDevice device = follower.device("p0/0000:00:04.0");
    assertThat(device.properties()).containsEntry("vendor", 0x1AF4).containsEntry("device", BLOCK).containsEntry("machine", "p0")
        .containsEntry("subsystem", 0x1100).containsEntry("class", 0x010000).containsEntry("msix", 3).containsEntry("intx", true);
    assertThat(device.window("config").read(Pci.VENDOR_ID, 4)).isEqualTo(0x1042_1AF4L);
    assertThat(device.window("bar4").read(STATUS, 1)).isZero();
    device.window("bar4").write(STATUS, 1, 1);
    assertThat(registers.statuses()).containsExactly(1);
    assertThat(device.window("bar0")).isNull();
    assertThat(device.window("bar")).isNull();
    assertThat(device.window("entry")).isNull();
    assertThat(follower.device("p0/0000:00:02.3").window("bar4").size()).isEqualTo(0x4000);
    assertThat(second.address(4)).isGreaterThanOrEqualTo(0x8_0000_0000L).isNotEqualTo(((FakePciFunction) disk(4)).address(4));
    assertThat(other.peek(Pci.COMMAND, 2)).isZero();
    assertThat(follower.came).hasSize(2);
  }

  @Test
  void sizesRegionsOfEachKindAndAlignsThem() {
    FakePciFunction function = machine.root().plug(1, new FakePciFunction(0x1AF4, 0x1001));
    function.ports(0, new Memory(0x80)).memory(1, new Memory(0x1000)).wideMemory(2, new Memory(0x4_0000));
    start();
    BusDevice device = follower.device("p0/0000:00:01.0");
    assertThat(function.address(0)).isBetween(0x1000L, 0xFFFFL);
    assertThat(function.address(0) % 0x80).isZero();
    assertThat(function.address(1)).isBetween(0xC000_0000L, 0xDFFF_FFFFL);
    assertThat(function.address(1) % 0x1000).isZero();
    assertThat(function.address(2)).isGreaterThanOrEqualTo(0x8_0000_0000L);
    assertThat(device.window("bar0").size()).isEqualTo(0x80);
    assertThat(device.window("bar2").size()).isEqualTo(0x4_0000);
    device.window("bar0").write(4, 2, 0xABCD);
    assertThat(device.window("bar0").read(4, 2)).isEqualTo(0xABCD);
    assertThat(device.window("bar3")).isNull();
  }

  @Test
  void whatFitsNowhereIsNotDecoded() {
    FakePciFunction function = machine.root().plug(1, new FakePciFunction(0x1AF4, 0x1001));
    function.memory(0, new Memory(0x4000_0000L)).memory(1, new Memory(0x1000)).ports(3, new Memory(0x20));
    start();
    BusDevice device = follower.device("p0/0000:00:01.0");
    assertThat(device.window("bar0")).isNull();
    assertThat(device.window("bar1")).isNull();
    assertThat(device.window("bar3")).isNotNull();
    assertThat(function.peek(Pci.COMMAND, 2) & Pci.COMMAND_MEMORY).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Shows("F49")
  void reachesFunctionsBehindBridgesAndPorts(boolean wide) {
    if (!wide) {
      machine.firmware().put("pci/0/memory64", "");
    }
    FakePciBridge first = machine.root().plug(1, new FakePciBridge());
    FakePciBridge inner = first.below().plug(5, new FakePciBridge().port());
    FakePciSlot deep = inner.below().plug(0, disk(0));
    FakePciBridge last = machine.root().plug(9, new FakePciBridge());
    FakePciSlot other = last.below().plug(3, disk(3));
    start();
    BusDevice one = follower.device("p0/0000:02:00.0");
    BusDevice two = follower.device("p0/0000:03:03.0");
    one.window("bar4").write(STATUS, 1, 1);
    two.window("bar4").write(STATUS, 1, 3);
    assertThat(registers.statuses()).containsExactly(1, 3);
    assertThat(deep.address(4)).isNotEqualTo(other.address(4));
    assertThat(deep.address(4) >= 1L << 32).isEqualTo(wide);
    assertThat(first.peek(0x1A, 1)).as("subordinate of the first").isEqualTo(2);
    assertThat(last.peek(0x18, 4) & 0xFFFFFF).as("numbers of the last").isEqualTo(0x030300);
  }

  @Test
  void aPinBehindABridgeEndsWhereItIsTurnedTo() {
    FakePciBridge bridge = machine.root().plug(2, new FakePciBridge());
    // Device 3's INTA comes out of the bridge as INTD, which at device 2 is line 20 + (2 + 3) % 4; so is device 5's INTA on the root bus.
    FakePciSlot behind = disk(5);
    bridge.below().plug(3, behind);
    start();
    BusDevice device = follower.device("p0/0000:01:03.0");
    AtomicInteger calls = new AtomicInteger();
    try (Registration handler = device.interrupts().getLast().register(() -> {
      calls.incrementAndGet();
      behind.pin(false);
    })) {
      behind.pin(true);
      assertThat(eventually(() -> calls.get() > 0)).isTrue();
    }
    assertThat(behind.peek(Pci.COMMAND, 2) & Pci.COMMAND_INTX_DISABLE).isNotZero();
  }

  @Test
  void mastersTheBusWhileItIsClaimed() {
    FakePciSlot function = machine.root().plug(4, disk(4));
    start();
    BusDevice device = follower.device("p0/0000:00:04.0");
    assertThat(function.master()).isFalse();
    Registration claim = device.claim();
    assertThat(function.master()).isTrue();
    assertThatThrownBy(device::claim).isInstanceOf(IllegalStateException.class).hasMessageContaining(device.name());
    claim.close();
    claim.close();
    assertThat(function.master()).isFalse();
    device.claim().close();
  }

  @Test
  @Shows("F48")
  void vectorsAreOnWhileSomebodyListens() {
    FakePciSlot function = machine.root().plug(4, disk(4));
    start();
    BusDevice device = follower.device("p0/0000:00:04.0");
    assertThat(device.interrupts()).hasSize(4);
    function.line();
    Slot.Line line = function.line();
    AtomicInteger calls = new AtomicInteger();
    Registration first = device.interrupts().get(1).register(calls::incrementAndGet);
    assertThat(function.messages()).isTrue();
    line.raise(0);
    assertThat(eventually(() -> calls.get() == 1)).isTrue();
    Registration second = device.interrupts().get(2).register(() -> { });
    first.close();
    assertThat(function.messages()).isTrue();
    line.raise(0);
    second.close();
    assertThat(function.messages()).isFalse();
    first = device.interrupts().get(1).register(calls::incrementAndGet);
    assertThat(eventually(() -> calls.get() == 2)).as("the message held back while masked").isTrue();
    Registration claim = device.claim();
    claim.close();
    assertThat(function.messages()).as("after a claim has ended").isFalse();
    assertThat(machine.messagesOut()).isZero();
  }

  @Test
  @Trap("T20")
  void aMachineWithoutMessagesSaysSo() {
    machine.messages(1);
    machine.root().plug(4, disk(4));
    start();
    BusDevice device = follower.device("p0/0000:00:04.0");
    device.interrupts().get(0).register(() -> { });
    assertThatThrownBy(() -> device.interrupts().get(1).register(() -> { })).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("vector=1");
  }

  @Test
  @Shows("F49")
  @Trap("T18")
  void whatIsPulledIsToldOnceAndReadsAllOnes() {
    FakePciSlot function = machine.root().plug(4, disk(4));
    start();
    BusDevice device = follower.device("p0/0000:00:04.0");
    Registration claim = device.claim();
    function.pull();
    assertThat(device.window("bar4").read(STATUS, 1)).isEqualTo(0xFF);
    assertThat(follower.hasLeft(device)).isTrue();
    claim.close();
    assertThatThrownBy(device::claim).isInstanceOf(IllegalStateException.class).hasMessageContaining("gone");
    machine.root().plug(4, disk(4));
    assertThat(eventually(() -> follower.came.size() == 2)).isTrue();
    assertThat(follower.left).containsExactly(device);
    assertThat(device.window("bar4").read(STATUS, 1)).as("the old one stays gone").isEqualTo(0xFF);
    assertThat(follower.came.get(1).window("bar4").read(STATUS, 1)).isZero();
  }

  @Test
  void whatIsReplacedBetweenTwoLooksIsAnother() {
    machine.root().plug(4, disk(4));
    start();
    BusDevice device = follower.device("p0/0000:00:04.0");
    machine.root().plug(4, disk(4));
    assertThat(follower.hasLeft(device)).isTrue();
    assertThat(eventually(() -> follower.came.size() == 2)).isTrue();
    device.window("bar4").write(STATUS, 1, 9);
    assertThat(registers.statuses()).doesNotContain(9);
  }

  @Test
  @Shows("F49")
  void theButtonOfASlotWaitsUntilTheDeviceIsLetGo() {
    FakePciBridge port = machine.root().plug(1, new FakePciBridge().port());
    port.below().plug(0, disk(0));
    start();
    BusDevice device = follower.device("p0/0000:01:00.0");
    Registration claim = device.claim();
    port.press(true);
    assertThat(eventually(() -> follower.asked.contains(device))).isTrue();
    assertThat(follower.left).isEmpty();
    assertThat(port.powered()).isTrue();
    assertThatThrownBy(device::claim).isInstanceOf(IllegalStateException.class);
    device.window("bar4").write(STATUS, 1, 7);
    assertThat(registers.statuses()).as("its registers still work").contains(7);
    claim.close();
    assertThat(eventually(() -> !port.powered())).isTrue();
    assertThat(device.window("bar4").read(STATUS, 1)).isEqualTo(0xFF);
    assertThat(follower.hasLeft(device)).isTrue();
    assertThat(follower.asked).containsExactly(device);
    assertThat(follower.left).containsExactly(device);
  }

  @Test
  @Shows("F49")
  void whatIsPutIntoASlotGetsPowerAndAddresses() {
    FakePciBridge port = machine.root().plug(1, new FakePciBridge().port());
    port.power(false);
    machine.root().plug(4, disk(4));
    start();
    follower.device("p0/0000:00:04.0");
    port.below().plug(0, disk(0));
    port.press(true);
    BusDevice device = follower.device("p0/0000:01:00.0");
    device.window("bar4").write(STATUS, 1, 1);
    assertThat(registers.statuses()).containsExactly(1);
  }

  @Test
  @Shows("F11")
  void aMachineThatGoesTakesItsDevicesAndAnotherBringsNewOnes() {
    machine.root().plug(4, disk(4));
    start();
    BusDevice device = follower.device("p0/0000:00:04.0");
    machine.close();
    transport.unbindMachine(machine);
    assertThat(follower.hasLeft(device)).isTrue();
    try (FakePci next = new FakePci("p0")) {
      next.root().plug(4, disk(next, 4));
      transport.bindMachine(next);
      assertThat(eventually(() -> follower.came.size() == 2)).isTrue();
    }
  }

  @Test
  void aMachineThatEndsWithoutAWordHasNoDevices() {
    machine.root().plug(4, disk(4));
    start();
    BusDevice device = follower.device("p0/0000:00:04.0");
    machine.close();
    assertThat(follower.hasLeft(device)).isTrue();
  }

  @Test
  void capabilitiesThatGoInCirclesEnd() {
    FakePciFunction function = machine.root().plug(4, new FakePciFunction(0x1AF4, BLOCK));
    int first = function.capability(Pci.CAP_VENDOR, (byte) 16);
    int second = function.capability(Pci.CAP_MSIX, (byte) 0, (byte) 0, (byte) 7, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 0,
        (byte) 0);
    function.put(second + 1, 1, first);
    start();
    assertThat(follower.device("p0/0000:00:04.0").properties()).containsEntry("msix", 0);
  }

  @Test
  void aMachineThatDoesNotTellItsBridgeHasNoDevices() {
    machine.firmware().put("pci/0/config", "telepathy");
    machine.root().plug(4, disk(4));
    start();
    try (FakePci other = new FakePci("p1")) {
      other.root().plug(4, disk(other, 4));
      transport.bindMachine(other);
      follower.device("p1/0000:00:04.0");
      assertThat(follower.came).hasSize(1);
    }
  }
}
