package virtio.config.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.BusDevice;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Window;
import virtio.bus.spec.DeviceStatus;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.Pci;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Clause;
import virtio.testkit.LogLines;
import virtio.testkit.Shows;
import virtio.testkit.Trap;
import virtio.testkit.fake.FakePciFunction;
import virtio.testkit.fake.FakePciSlot;
import virtio.testkit.fake.FakeRegisters;

/** The driver's half over functions that are made as the specification allows, and as it does not. */
@Timeout(60)
class DriverHalfTest {
  private static final int PLACE = 4;
  private static final int NOTIFY = 0x3000;
  private static final long NO_VECTOR = 0xFFFF;
  private static final RingAreas AREAS = new RingAreas(0x1_2345_6000L, 0x2_2345_7000L, 0x3_2345_8000L);

  private final PciRig rig = new PciRig();
  private final FakePciSlot function = rig.slot(PLACE);
  private final PciConfig handler = new PciConfig();
  private final FakeRegisters registers = new FakeRegisters(new DeviceId(2, DeviceId.VENDOR_QUMRANET))
      .offers(Features.of(FeatureBits.VIRTIO_F_VERSION_1)).has(VirtioBlk.CAPACITY, 0x8000_0000_1234_5678L).has(VirtioBlk.WRITEBACK, 1)
      .queue(0, 256).queue(1, 64).queue(2, 64);
  private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
  private DeviceConfig config;
  private Registration claim;
  private Registration exposed;

  @AfterEach
  void close() {
    if (config != null) {
      config.close();
    }
    if (claim != null) {
      claim.close();
    }
    if (exposed != null) {
      exposed.close();
    }
    rig.close();
  }

  /** The device is shown, and may be found. */
  private void show() {
    exposed = handler.expose(registers, function);
    function.announce();
  }

  /** A capability for a structure, of the test's own making. */
  private int structure(int type, int bar, long offset, long length) {
    byte[] body = new byte[14];
    body[0] = 16;
    body[1] = (byte) type;
    body[2] = (byte) bar;
    for (int i = 0; i < 4; i++) {
      body[6 + i] = (byte) (offset >>> 8 * i);
      body[10 + i] = (byte) (length >>> 8 * i);
    }
    return function.capability(Pci.CAP_VENDOR, body);
  }

  private List<String> rung() {
    return function.written(4, NOTIFY);
  }

  /** The vectors of changes and of each queue, as the device has them. */
  private List<Long> vectors() {
    Window common = rig.find(PLACE).window("bar4");
    List<Long> vectors = new ArrayList<>(List.of(common.read(16, 2)));
    for (int queue = 0; queue < 3; queue++) {
      common.write(22, 2, queue);
      vectors.add(common.read(26, 2));
    }
    return vectors;
  }

  private DeviceConfig open() {
    BusDevice device = rig.find(PLACE);
    claim = device.claim();
    config = handler.open(device);
    config.listener(new DeviceConfig.Listener() {
      @Override
      public void queue(int index) {
        told.add("queue " + index);
      }

      @Override
      public void changed() {
        told.add("changed");
      }
    });
    return config;
  }

  private DeviceConfig live(Features accepted) {
    open();
    config.status(0);
    config.status(3);
    config.accept(accepted);
    config.status(11);
    for (int queue = 0; config.queueSize(queue) != 0; queue++) {
      config.enable(queue, config.queueSize(queue), AREAS);
    }
    config.status(15);
    return config;
  }

  private String next() throws InterruptedException {
    return told.poll(10, TimeUnit.SECONDS);
  }

  @Test
  @Clause("PCI Device Layout")
  void everyRegisterIsAccessedAsWideAsItIs() {
    try (LogLines refused = new LogLines("virtio.bus.registers")) {
      function.vectors(4);
      show();
      live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
      assertThat(config.read(VirtioBlk.CAPACITY)).isEqualTo(0x8000_0000_1234_5678L);
      config.write(VirtioBlk.WRITEBACK, 0);
      assertThat(registers.read(VirtioBlk.WRITEBACK)).isZero();
      assertThat(registers.areas(1)).isEqualTo(AREAS);
      assertThat(refused.lines()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"0x1042, 2", "0x1001, 2", "0x1041, 1", "0x105A, 26", "0x107F, 63"})
  @Shows("F09")
  @Clause("PCI Device Discovery")
  void theIdIsTheSameAsOnEveryBus(int pci, int type) {
    rig.machine.root().plug(PLACE, new FakePciFunction(0x1AF4, pci).put(Pci.SUBSYSTEM_VENDOR_ID, 2, 0x1234).put(Pci.SUBSYSTEM_ID, 2, type));
    assertThat(handler.identify(rig.find(PLACE))).isEqualTo(new DeviceId(type, 0x1234));
  }

  @Test
  @Clause("PCI Device Discovery")
  void aTransitionalDeviceIsUsedAsAModernOne() {
    function.vectors(4);
    show();
    function.put(Pci.DEVICE_ID, 2, 0x1001).put(Pci.SUBSYSTEM_ID, 2, 2);
    BusDevice device = rig.find(PLACE);
    assertThat(handler.identify(device)).isEqualTo(new DeviceId(2, DeviceId.VENDOR_QUMRANET));
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    assertThat(config.status()).isEqualTo(15);
  }

  @Test
  @Clause("Legacy Interface: A Note on Device Layout Detection")
  void aLegacyDeviceIsRefusedByThatWord() {
    function.vectors(4).announce();
    function.put(Pci.DEVICE_ID, 2, 0x1001).put(Pci.SUBSYSTEM_VENDOR_ID, 2, 0x1AF4).put(Pci.SUBSYSTEM_ID, 2, 2);
    BusDevice device = rig.find(PLACE);
    assertThat(handler.lacks(device)).isNull();
    assertThat(handler.identify(device)).isEqualTo(new DeviceId(2, DeviceId.VENDOR_QUMRANET));
    assertThatThrownBy(() -> handler.open(device)).isInstanceOf(IllegalStateException.class).hasMessageContaining("legacy");
  }

  @ParameterizedTest
  @CsvSource({"7, 0, 64", "2, 0, 64", "4, 0x3FF0, 64", "4, 2, 64", "4, 0, 12", "4, 0xFFFFFFFF, 0xFFFFFFFF"})
  @Clause("Virtio Structure PCI Capabilities")
  void theFirstUsableOfEachTypeIsTaken(int bar, long offset, long length) {
    structure(9, 0x77, 0x1111, 0x2222);
    structure(1, bar, offset, length);
    structure(2, 4, 0x10, 64);
    show();
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    assertThat(config.status()).isEqualTo(15);
    config.doorbell(1).raise(0);
    assertThat(registers.rung()).containsExactly("1 at 15");
  }

  @Test
  void aDeviceWithoutAStructureThatIsNeededIsNamed() {
    show();
    int isr = Pci.capabilities(rig.find(PLACE).window("config")).get(1);
    function.forge(isr + 4, 1, 6);
    assertThatThrownBy(() -> handler.open(rig.find(PLACE))).isInstanceOf(IllegalStateException.class).hasMessageContaining("ISR status");
  }

  /** Says that doorbells lie so many bytes apart. */
  private void multiplier(long bytes) {
    show();
    int notification = Pci.capabilities(rig.find(PLACE).window("config")).get(3);
    function.forge(notification + 16, 4, bytes);
  }

  @ParameterizedTest
  @CsvSource({"4, 0, 3000 w2 0", "4, 2, 3008 w2 2", "0, 2, 3000 w2 2", "2, 1, 3002 w2 1"})
  @Clause("Notification structure layout")
  void aDoorbellLiesWhereOffsetAndMultiplierSay(int multiplier, int queue, String rung) {
    multiplier(multiplier);
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    config.doorbell(queue).raise(77);
    assertThat(rung()).containsExactly(rung);
  }

  @Test
  @Clause("Available Buffer Notifications")
  void aDoorbellTellsThePositionWhereThatWasNegotiated() {
    show();
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1, FeatureBits.VIRTIO_F_NOTIFICATION_DATA));
    config.doorbell(1).raise(0x1_8002);
    assertThat(rung()).containsExactly("3004 w4 80020001");
    assertThat(registers.rung()).containsExactly("1 at 15");
  }

  @Test
  @Clause("Available Buffer Notifications")
  void aDoorbellTellsWhatTheDeviceWantsToHear() {
    show();
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1, FeatureBits.VIRTIO_F_NOTIF_CONFIG_DATA));
    config.doorbell(2).raise(9);
    assertThat(rung()).containsExactly("3008 w2 42");
    assertThat(registers.rung()).containsExactly("2 at 15");
    assertThat(handler.accepts()).isEqualTo(Features.of(38, 39));
  }

  @Test
  void aDoorbellOutsideItsStructureIsRefused() {
    multiplier(0x0800);
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    assertThatThrownBy(() -> config.doorbell(2)).isInstanceOf(IllegalStateException.class).hasMessageContaining("queue=2");
  }

  @Test
  @Shows("F48")
  @Clause("MSI-X Vector Configuration")
  void eachQueueHasAVectorOfItsOwnWhereThereAreEnough() throws InterruptedException {
    function.vectors(4);
    show();
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    assertThat(vectors()).containsExactly(0L, 1L, 2L, 3L);
    registers.interrupt(1);
    assertThat(next()).isEqualTo("queue 1");
    registers.tell();
    assertThat(next()).isEqualTo("changed");
    config.status(0);
    assertThat(vectors()).containsOnly(NO_VECTOR);
    assertThat(function.messages()).isFalse();
    assertThat(rig.machine.messagesOut()).isZero();
  }

  @Test
  @Trap("T20")
  @Clause("MSI-X Vector Configuration")
  void queuesShareVectorsWhereThereAreFewer() throws InterruptedException {
    function.vectors(2);
    show();
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    assertThat(vectors()).containsExactly(0L, 1L, 1L, 1L);
    registers.interrupt(2);
    assertThat(List.of(next(), next(), next())).containsExactly("queue 0", "queue 1", "queue 2");
  }

  @Test
  @Trap("T20")
  @Clause("MSI-X Vector Configuration")
  void aVectorThatReadsBackNoVectorIsSharedWithChanges() throws InterruptedException {
    function.vectors(4).lines(2);
    show();
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    assertThat(vectors()).containsExactly(0L, 1L, 0L, 0L);
    registers.interrupt(2);
    assertThat(List.of(next(), next(), next())).containsExactly("queue 1", "queue 2", "changed");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  @Trap({"T20", "T21"})
  @Clause("ISR status capability")
  void thePinServesWhereVectorsDoNot(int vectors) throws InterruptedException {
    if (vectors > 0) {
      function.vectors(vectors).lines(vectors == 3 ? 0 : vectors);
    }
    show();
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    assertThat(function.messages()).isFalse();
    assertThat(vectors().subList(1, 4)).containsOnly(NO_VECTOR);
    synchronized (rig.machine) {   // the line is looked at when both bits stand
      registers.interrupt(0);
      registers.tell();
    }
    assertThat(List.of(next(), next(), next(), next())).containsExactly("queue 0", "queue 1", "queue 2", "changed");
    registers.tell();
    assertThat(next()).isEqualTo("changed");
    assertThat(told).isEmpty();
  }

  @Test
  @Trap("T20")
  void aMachineThatRunsOutOfMessagesIsSharedThenThePinIs() throws InterruptedException {
    rig.machine.messages(1);
    function.vectors(4);
    show();
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    assertThat(vectors()).containsExactly(0L, 0L, 0L, 0L);
    registers.interrupt(0);
    assertThat(next()).isEqualTo("queue 0");
  }

  @Test
  @Trap("T18")
  void aDeviceThatHasGoneReadsGoneBeforeAnyBitIsLookedAt() {
    function.vectors(4);
    show();
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    function.pull();
    assertThat(config.status()).isEqualTo(DeviceStatus.GONE);
    assertThat(config.queueSize(0)).isZero();
    assertThatThrownBy(() -> handler.open(rig.find(PLACE))).isInstanceOf(IllegalStateException.class).hasMessageContaining("gone");
  }

  @Test
  void aCapabilityThatRunsOutOfConfigurationSpaceIsNotUsed() {
    show();
    int last = structure(2, 4, 0x3000, 64);
    function.put(last + 1, 1, 0xF0).put(0xF0, 1, 9).put(0xF2, 1, 20).put(0xF3, 1, 2);
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    config.doorbell(1).raise(0);
    assertThat(rung()).containsExactly("3004 w2 1");
  }

  @Test
  @Clause("PCI configuration access capability")
  void aDeviceWhoseRegionHasNoAddressIsReachedThroughConfigurationSpace() {
    rig.machine.firmware().put("pci/0/memory", "");
    rig.machine.firmware().put("pci/0/memory64", "");
    show();
    assertThat(rig.find(PLACE).window("bar4")).isNull();
    live(Features.of(FeatureBits.VIRTIO_F_VERSION_1, 100));
    assertThat(config.read(VirtioBlk.CAPACITY)).isEqualTo(0x8000_0000_1234_5678L);
    assertThat(registers.areas(2)).isEqualTo(AREAS);
    config.doorbell(2).raise(0);
    assertThat(registers.rung()).containsExactly("2 at 15");
  }

  @Test
  @Clause("PCI configuration access capability")
  void aRegionWithoutAnAddressIsReachedThroughConfigurationSpace() {
    ConfigSpaceOnly only = new ConfigSpaceOnly();
    ConfigurationAccess access = new ConfigurationAccess(only, 0x40);
    access.region(4, 0x100).write(22, 2, 7);
    access.region(4, 0x100).read(20, 1);
    assertThat(only.log).containsExactly("write 44 1 4", "write 4c 4 2", "write 48 4 16", "write 50 2 7", "write 44 1 4", "write 4c 4 1",
        "write 48 4 14", "read 50 1");
  }
}
