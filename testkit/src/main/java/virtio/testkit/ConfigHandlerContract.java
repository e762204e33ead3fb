package virtio.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Slot;
import virtio.bus.spec.DeviceTypes;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.fake.FakeBusDevice;
import virtio.testkit.fake.FakeListener;
import virtio.testkit.fake.FakeMemory;
import virtio.testkit.fake.FakeRegisters;

/**
 * What every config handler must do: {@code open} after {@code expose} is the identity. A handler's test extends this, and says how a slot
 * of its bus is had, and the bus device that belongs to it.
 */
public abstract class ConfigHandlerContract {
  private static final Features OFFERED = Features.of(FeatureBits.VIRTIO_F_VERSION_1, FeatureBits.VIRTIO_F_EVENT_IDX,
      VirtioBlk.VIRTIO_BLK_F_BLK_SIZE, VirtioBlk.VIRTIO_BLK_F_CONFIG_WCE, VirtioBlk.VIRTIO_BLK_F_GEOMETRY, 64, 100, 127);
  private static final Features ACCEPTED = Features.of(FeatureBits.VIRTIO_F_VERSION_1, VirtioBlk.VIRTIO_BLK_F_BLK_SIZE, 100);
  private static final DeviceId ID = new DeviceId(2, DeviceId.VENDOR_QUMRANET);

  /** The device, of which the handler knows nothing. */
  protected final FakeRegisters device = new FakeRegisters(ID).offers(OFFERED).has(VirtioBlk.CAPACITY, 0x8000_0000_1234_5678L)
      .has(VirtioBlk.CYLINDERS, 0xFEDC).has(VirtioBlk.HEADS, 0xAB).has(VirtioBlk.BLK_SIZE, 0xFFFF_FE00L).has(VirtioBlk.WRITEBACK, 1)
      .queue(0, 64).queue(1, 16);
  private final List<DeviceConfig> opened = new CopyOnWriteArrayList<>();
  private Slot slot;
  private Registration exposed;

  /** The handler under test. */
  protected abstract ConfigHandler handler();

  /** A new place on a bus that the handler can use. */
  protected abstract Slot plug();

  /** The driver's end of that slot, once it is announced. Waits for it, bounded. */
  protected abstract BusDevice find(Slot announced);

  /** How long to wait for what must come. */
  protected Duration patience() {
    return Duration.ofSeconds(10);
  }

  @BeforeEach
  void show() {
    slot = plug();
    exposed = handler().expose(device, slot);
    slot.announce();
  }

  @AfterEach
  void takeAway() {
    opened.forEach(DeviceConfig::close);
    exposed.close();
    slot.close();
  }

  private DeviceConfig open() {
    BusDevice found = find(slot);
    assertThat(handler().lacks(found)).isNull();
    DeviceConfig config = handler().open(found);
    opened.add(config);
    return config;
  }

  /** As the bus walks: what is written after the reset goes by the configuration queue, if there is one. */
  private void walk(DeviceConfig config, Features accepted) {
    config.status(0);
    if (config.configurationQueue() > 0) {
      assertThat(Await.that(patience(), () -> config.status() == 0)).isTrue();
      config.configurationQueue(device.asking());
    }
    config.status(1);
    config.status(3);
    config.accept(accepted);
    config.status(11);
  }

  /** What the driver's listener was told: {@code changed}, {@code queue 0}. */
  private static LinkedBlockingQueue<String> listen(DeviceConfig config) {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    config.listener(new FakeListener(told));
    return told;
  }

  private void expect(LinkedBlockingQueue<String> told, String wanted) throws InterruptedException {
    for (String next = ""; !wanted.equals(next); ) {
      next = told.poll(patience().toMillis(), TimeUnit.MILLISECONDS);
      assertThat(next).as("told " + wanted).isNotNull();
    }
  }

  @Test
  @Shows({"F08", "F35"})
  void everythingReadsAsTheDeviceSaysIt() {
    assertThat(handler().identify(find(slot))).isEqualTo(ID);
    DeviceConfig config = open();
    assertThat(config.id()).isEqualTo(ID);
    assertThat(config.offered()).isEqualTo(OFFERED);
    walk(config, ACCEPTED);
    assertThat(config.read(VirtioBlk.CAPACITY)).isEqualTo(0x8000_0000_1234_5678L);
    assertThat(config.read(VirtioBlk.CYLINDERS)).isEqualTo(0xFEDC);
    assertThat(config.read(VirtioBlk.HEADS)).isEqualTo(0xAB);
    assertThat(config.read(VirtioBlk.BLK_SIZE)).isEqualTo(0xFFFF_FE00L);
    assertThat(config.read(VirtioBlk.WRITEBACK)).isEqualTo(1);
    assertThat(config.queueSize(0)).isEqualTo(64);
    assertThat(config.queueSize(1)).isEqualTo(16);
    assertThat(config.queueSize(2)).isZero();
  }

  @Test
  @Shows("F39")
  @Clause("Device Status Field")
  void theDeviceSeesTheStatusWalkAndAnswersIt() {
    DeviceConfig config = open();
    walk(config, ACCEPTED);
    assertThat(config.status()).isEqualTo(11);
    config.status(15);
    assertThat(config.status()).isEqualTo(15);
    assertThat(device.statuses()).containsSubsequence(0, 1, 3, 11, 15);
    assertThat(device.accepted()).isEqualTo(ACCEPTED);
  }

  @Test
  @Clause("Device Initialization")
  void aRefusalOfFeaturesReadsBack() {
    device.refusesFeatures();
    DeviceConfig config = open();
    walk(config, ACCEPTED);
    assertThat(config.status()).isEqualTo(3);
  }

  @Test
  @Clause("Device Reset")
  void aResetReadsZeroOnlyWhenTheDeviceHasStopped() {
    DeviceConfig config = open();
    walk(config, ACCEPTED);
    config.status(15);
    device.neverConfirmsReset(true);
    config.status(0);
    assertThat(config.status()).isNotZero();
    device.finishReset();
    assertThat(Await.that(patience(), () -> config.status() == 0)).isTrue();
  }

  @Test
  @Shows("F37")
  void aSecondDriverFindsWhatTheFirstFound() {
    for (int i = 0; i < 3; i++) {
      DeviceConfig config = open();
      walk(config, ACCEPTED);
      assertThat(config.offered()).as("time " + i).isEqualTo(OFFERED);
      assertThat(config.read(VirtioBlk.CAPACITY)).as("time " + i).isEqualTo(0x8000_0000_1234_5678L);
      assertThat(config.queueSize(1)).as("time " + i).isEqualTo(16);
      assertThat(device.accepted()).isEqualTo(ACCEPTED);
      config.status(0);
      assertThat(Await.that(patience(), () -> config.status() == 0)).isTrue();
      config.close();
    }
  }

  @Test
  @Shows({"F29", "F30"})
  @Clause("Device Configuration Space")
  void changesTravelBothWays() throws InterruptedException {
    DeviceConfig config = open();
    LinkedBlockingQueue<String> told = listen(config);
    walk(config, OFFERED);
    config.status(15);
    int before = config.generation();
    device.change(VirtioBlk.CAPACITY, 4096);
    expect(told, "changed");
    assertThat(config.generation()).isNotEqualTo(before);
    assertThat(config.read(VirtioBlk.CAPACITY)).isEqualTo(4096);
    config.write(VirtioBlk.WRITEBACK, 0);
    assertThat(Await.that(patience(), () -> device.read(VirtioBlk.WRITEBACK) == 0)).isTrue();
    assertThat(config.read(VirtioBlk.WRITEBACK)).isZero();
  }

  @Test
  @Clause("Device Status Field")
  void needsResetIsToldAndReads() throws InterruptedException {
    DeviceConfig config = open();
    LinkedBlockingQueue<String> told = listen(config);
    walk(config, ACCEPTED);
    config.status(15);
    device.needsReset();
    expect(told, "changed");
    assertThat(config.status() & 64).isEqualTo(64);
  }

  @Test
  @Shows({"F32", "F33"})
  void theDeviceLearnsWhereEachQueueLies() {
    DeviceConfig config = open();
    walk(config, ACCEPTED);
    enableBoth(config);
    config.status(15);
    for (int i = 0; i < 2; i++) {
      assertThat(device.areas(i)).isEqualTo(areas(config, i));
      assertThat(device.size(i)).isEqualTo(config.queueSize(i));
    }
  }

  private static void enableBoth(DeviceConfig config) {
    for (int i = 0; i < 2; i++) {
      config.enable(i, config.queueSize(i), areas(config, i));
    }
  }

  private static RingAreas areas(DeviceConfig config, int index) {
    RingAreas given = config.given(index);
    return given.equals(RingAreas.NONE) ? new RingAreas(0x10_0000L * (index + 1), 0x10_1000L * (index + 1), 0x10_2000L * (index + 1)) : given;
  }

  @Test
  @Shows("F48")
  void doorbellsAndInterruptsReachTheirQueue() throws InterruptedException {
    DeviceConfig config = open();
    LinkedBlockingQueue<String> told = listen(config);
    theDeviceIsLive(config);
    config.doorbell(1).raise(0);
    assertThat(Await.that(patience(), () -> device.rung().contains("1 at 15"))).isTrue();
    config.doorbell(0).raise(0);
    assertThat(Await.that(patience(), () -> device.rung().contains("0 at 15"))).isTrue();
    device.interrupt(0);
    expect(told, "queue 0");
    device.interrupt(1);
    expect(told, "queue 1");
  }

  private void theDeviceIsLive(DeviceConfig config) {
    walk(config, ACCEPTED);
    enableBoth(config);
    config.status(15);
    assertThat(config.status()).isEqualTo(15);
  }

  @Test
  void aListenerThatLeftHearsNothing() throws InterruptedException {
    DeviceConfig config = open();
    LinkedBlockingQueue<String> told = listen(config);
    theDeviceIsLive(config);
    device.tell();
    expect(told, "changed");
    LinkedBlockingQueue<String> second = listen(config);
    told.clear();
    device.tell();
    expect(second, "changed");
    assertThat(told).isEmpty();
  }

  @Test
  void whatABusDeviceLacksIsNamed() {
    FakeBusDevice bare = new FakeBusDevice("bare", new FakeRegisters(ID), new FakeMemory(false));
    assertThat(handler().lacks(bare)).isNotBlank();
    assertThat(handler().identify(bare)).isNull();
  }

  /** A type that nobody has been given, of two vendors: each travels whole, or the handler says by name that it has no room. */
  @ParameterizedTest
  @ValueSource(ints = {DeviceId.VENDOR_QUMRANET, 0x1234})
  @Shows({"F09", "F10"})
  void anUnassignedIdIsCarriedOrRefusedByName(int vendor) {
    DeviceId stranger = new DeviceId(DeviceTypes.PIPE, vendor);
    Slot second = plug();
    Registration shown = null;
    try {
      shown = handler().expose(new FakeRegisters(stranger), second);
      second.announce();
      assertThat(handler().identify(find(second))).isEqualTo(stranger);
    } catch (IllegalStateException refused) {
      assertThat(refused).hasMessageContaining("type=0x" + Integer.toHexString(DeviceTypes.PIPE));
    } finally {
      if (shown != null) {
        shown.close();
      }
      second.close();
    }
  }
}
