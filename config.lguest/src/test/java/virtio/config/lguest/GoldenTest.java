package virtio.config.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static virtio.testkit.fake.PlainBus.plain;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.spec.DeviceStatus;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeListener;
import virtio.testkit.fake.FakeRegisters;
import virtio.testkit.fake.ForwardingConfig;
import virtio.testkit.fake.PlainBus;

/** Bytes typed from lguest's own structures, not made by the code under test. */
class GoldenTest {
  private static final Features OFFERED = Features.of(FeatureBits.VIRTIO_F_VERSION_1, VirtioBlk.VIRTIO_BLK_F_BLK_SIZE, 127);
  private final LguestConfig handler = new LguestConfig();

  /** A disk of 64 MiB, ring of 128 at 0x4001000, interrupt 1; our own bytes say configuration interrupt 2. */
  private static final String DISK = """
      02 01 10 2C 00
      80 00 01 00 01 40 00 00
      40 00 00 00 01 00 00 00 00 00 00 00 00 00 00 80
      00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
      31 56 02 00 02 00 00 00 F4 1A 00 00 00 00 00 00 00 00 00 00
      00 00 02 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00
      00 02 00 00
      """;

  /** Two queues, of 128 and 64, interrupts 3 and 4; eight feature bytes; status ACKNOWLEDGE. */
  private static final String CARD = """
      01 02 08 1A 01
      80 00 03 00 00 50 00 00
      40 00 04 00 04 50 00 00
      20 00 00 00 01 00 00 00
      00 00 00 00 00 00 00 00
      31 56 05 00 01 00 00 00 F4 1A 00 00 06 00 00 00 00 00 00 00
      52 54 00 12 34 56
      """;

  private static FakeRegisters disk() {
    return new FakeRegisters(new DeviceId(2, 0x1AF4)).offers(OFFERED).has(VirtioBlk.CAPACITY, 0x20000).has(VirtioBlk.BLK_SIZE, 512)
        .queue(0, 128);
  }

  @Test
  @Shows("F33")
  void theHostLaysADiskOutToTheByte() {
    PlainBus bus = PlainBus.empty(89);
    handler.expose(disk(), bus.slot());
    assertThat(bus.hex()).isEqualTo(plain(DISK));
    assertThat(bus.log).containsExactly("DOORBELL 4001000");
  }

  @Test
  void theDriverReadsACardToTheByte() {
    PlainBus bus = PlainBus.of(CARD);
    assertThat(handler.lacks(bus.device())).isNull();
    assertThat(handler.identify(bus.device())).isEqualTo(new DeviceId(1, 0x1AF4));
    assertThat(bus.log).isEmpty();
    DeviceConfig card = handler.open(bus.device());
    assertThat(card.id()).isEqualTo(new DeviceId(1, 0x1AF4));
    assertThat(card.offered()).isEqualTo(Features.of(5, 32));
    assertThat(card.status()).isEqualTo(DeviceStatus.ACKNOWLEDGE);
    assertThat(card.queueSize(0)).isEqualTo(128);
    assertThat(card.queueSize(1)).isEqualTo(64);
    assertThat(card.queueSize(2)).isZero();
    assertThat(card.given(0)).isEqualTo(new RingAreas(0x500_0000, 0x500_0800, 0x500_1000));
    assertThat(card.given(1)).isEqualTo(new RingAreas(0x500_4000, 0x500_4400, 0x500_5000));
    assertThat(card.given(2)).isEqualTo(RingAreas.NONE);
    assertThat(card.generation()).isEqualTo(6);
    assertThat(bus.log).isEmpty();
    card.doorbell(1).raise(0);
    assertThat(bus.log).containsExactly("RING 5004000");
  }

  @Test
  void acknowledgementsAreClearedThenFilledThenNotified() {
    PlainBus bus = PlainBus.of(CARD);
    handler.open(bus.device()).accept(Features.of(5, 32));
    assertThat(bus.log).containsExactly("29=00", "30=00", "31=00", "32=00", "33=00", "34=00", "35=00", "36=00",
        "29=20", "30=00", "31=00", "32=00", "33=01", "34=00", "35=00", "36=00", "NOTIFY 0");
  }

  @Test
  void aStatusIsWrittenThenNotified() {
    PlainBus bus = PlainBus.of(CARD);
    DeviceConfig card = handler.open(bus.device());
    card.status(DeviceStatus.ACKNOWLEDGE | DeviceStatus.DRIVER);
    assertThat(bus.log).containsExactly("4=03", "NOTIFY 0");
  }

  @Test
  void interruptsAreThoseOfTheEntry() {
    PlainBus bus = PlainBus.of(CARD);
    DeviceConfig card = handler.open(bus.device());
    List<String> told = new ArrayList<>();
    card.listener(new FakeListener(told));
    for (int line = 1; line < 32; line++) {
      bus.raise(line);
    }
    assertThat(told).containsExactly("queue 0", "queue 1", "changed");
    card.close();
    bus.raise(3);
    assertThat(told).hasSize(3);
  }

  @Test
  void theHostTakesWhatTheDriverWritesAndAnswersInTheSameByte() {
    PlainBus bus = PlainBus.empty(89);
    FakeRegisters device = disk();
    Registration exposed = handler.expose(device, bus.slot());
    DeviceConfig driver = bus.walked(handler, Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    driver.enable(0, 128, driver.given(0));
    driver.status(15);
    assertThat(device.statuses()).containsSubsequence(1, 3, 11, 15);
    assertThat(device.accepted()).isEqualTo(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    assertThat(device.areas(0)).isEqualTo(new RingAreas(0x400_1000, 0x400_1800, 0x400_2000));
    assertThat(bus.hex()).isEqualTo(plain("""
        02 01 10 2C 0F
        80 00 01 00 01 40 00 00
        40 00 00 00 01 00 00 00 00 00 00 00 00 00 00 80
        00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00
        31 56 02 00 02 00 00 00 F4 1A 00 00 00 00 00 00 01 00 00 00
        00 00 02 00 00 00 00 00
        00 00 00 00 00 00 00 00 00 00 00 00
        00 02 00 00
        """));
    device.change(VirtioBlk.CAPACITY, 0x40000);
    assertThat(bus.hex()).contains(plain("31 56 02 00 02 00 00 00 F4 1A 00 00 02 00 00 00 01 00 00 00  00 00 04 00 00 00 00 00"));
    exposed.close();
    assertThat(bus.quarantined).hasSize(1);
    assertThat(bus.freed).isEmpty();
  }

  @Test
  @Shows("F37")
  void aResetClearsAcknowledgementsAndRings() {
    PlainBus bus = PlainBus.empty(89);
    FakeRegisters device = disk();
    Registration exposed = handler.expose(device, bus.slot());
    DeviceConfig driver = bus.walked(handler, Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    driver.enable(0, 128, driver.given(0));
    driver.status(15);
    bus.taken.getFirst().segment().fill((byte) 7);
    driver.status(0);
    assertThat(bus.hex()).isEqualTo(plain(DISK));
    exposed.close();
    assertThat(bus.freed).hasSize(1);
    assertThat(bus.freed.getFirst().segment().byteSize()).isEqualTo(4096 + 6 + 8 * 128);
    assertThat(bus.freed.getFirst().segment().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    assertThat(bus.quarantined).isEmpty();
    assertThat(bus.log).endsWith("CLOSED 4001000");
  }

  @Test
  void aStatusThatIsStillToBeTakenIsNotOverwritten() {
    PlainBus bus = PlainBus.empty(89);
    FakeRegisters device = disk();
    handler.expose(device, bus.slot());
    bus.walked(handler, Features.of(FeatureBits.VIRTIO_F_VERSION_1)).status(15);
    bus.bytes.set(ValueLayout.JAVA_BYTE, 4, (byte) 0);
    device.change(VirtioBlk.CAPACITY, 0x40000);
    bus.notified.write(0, 1, 0);
    assertThat(device.statuses()).endsWith(15, 0);
  }

  @Test
  void aStatusThatIsStillToBeTakenIsNotOverwrittenByAnother() {
    PlainBus bus = PlainBus.empty(89);
    FakeRegisters device = disk();
    handler.expose(device, bus.slot());
    bus.walked(handler, Features.of(FeatureBits.VIRTIO_F_VERSION_1)).status(15);
    bus.bytes.set(ValueLayout.JAVA_BYTE, 4, (byte) 0);
    device.needsReset();
    bus.notified.write(0, 1, 0);
    assertThat(device.statuses()).endsWith(15, 0);
    assertThat(bus.bytes.get(ValueLayout.JAVA_BYTE, 4)).isZero();
  }

  @Test
  void aRingThatSharesNoMemoryHasNoPlace() {
    PlainBus bus = PlainBus.empty(89);
    FakeRegisters device = disk();
    Registration exposed = handler.expose(new ForwardingConfig(device) {
      @Override
      public boolean ringsInMemory() {
        return false;
      }
    }, bus.slot());
    assertThat(bus.hex()).isEqualTo(plain(DISK.replace("80 00 01 00 01 40 00 00", "80 00 00 00 00 00 00 00").replace("31 56 02", "31 56 01")));
    assertThat(bus.log).as("no doorbell").isEmpty();
    DeviceConfig driver = handler.open(bus.device());
    assertThat(driver.queueSize(0)).isEqualTo(128);
    assertThat(driver.given(0)).isEqualTo(RingAreas.NONE);
    driver.doorbell(0).raise(0);
    driver.status(3);
    driver.accept(Features.of(FeatureBits.VIRTIO_F_VERSION_1));
    driver.status(11);
    driver.enable(0, 16, RingAreas.NONE);
    driver.status(15);
    assertThat(device.statuses()).endsWith(15);
    assertThat(device.areas(0)).as("the host is not told of a place").isNull();
    exposed.close();
    assertThat(bus.quarantined).isEmpty();
    assertThat(bus.freed).isEmpty();
  }

  @Test
  void aTypeThatFitsNoByteIsSpelledElsewhere() {
    PlainBus bus = PlainBus.empty(73);
    handler.expose(new FakeRegisters(new DeviceId(0x3456, 0x1234)).offers(OFFERED).queue(0, 8).queue(1, 8), bus.slot());
    assertThat(bus.hex()).startsWith("FE021014");
    assertThat(handler.identify(bus.device())).isEqualTo(new DeviceId(0x3456, 0x1234));
    assertThat(handler.open(bus.device()).given(1)).isEqualTo(new RingAreas(0x400_3000, 0x400_3080, 0x400_4000));
  }

  @Test
  void interruptsThatRunOutAreShared() {
    PlainBus bus = PlainBus.empty(73);
    bus.lines = 1;
    handler.expose(new FakeRegisters(new DeviceId(2, 0x1AF4)).offers(OFFERED).queue(0, 8).queue(1, 8), bus.slot());
    assertThat(bus.hex()).contains("0800010001400000" + "0800010003400000").contains("31560100");
    PlainBus none = PlainBus.empty(73);
    none.lines = 0;
    assertThatThrownBy(() -> handler.expose(new FakeRegisters(new DeviceId(2, 0x1AF4)).offers(OFFERED).queue(0, 8).queue(1, 8),
        none.slot()))
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("no interrupt is left");
    assertThat(none.freed).hasSize(2);
  }

  @Test
  void whatIsNoDeviceIsRefusedWithoutTouchingIt() {
    PlainBus removed = PlainBus.of(DISK.replaceFirst("02", "FF"));
    assertThat(handler.identify(removed.device())).isNull();
    assertThatThrownBy(() -> handler.open(removed.device())).isInstanceOf(IllegalStateException.class).hasMessageContaining("type=255");
    PlainBus wrong = PlainBus.of(DISK.replaceFirst("2C", "2D"));
    assertThatThrownBy(() -> handler.open(wrong.device())).isInstanceOf(IllegalStateException.class).hasMessageContaining("no device");
    PlainBus legacy = PlainBus.of("02 01 01 08 00  80 00 01 00 01 40 00 00  40  00  00 00 02 00 00 00 00 00");
    assertThat(handler.identify(legacy.device())).isEqualTo(new DeviceId(2, 0x1AF4));
    assertThatThrownBy(() -> handler.open(legacy.device())).isInstanceOf(IllegalStateException.class).hasMessageContaining("legacy device");
    PlainBus line = PlainBus.of(DISK.replaceFirst("80 00 01 00", "80 00 40 00"));
    assertThatThrownBy(() -> handler.open(line.device())).isInstanceOf(IllegalStateException.class).hasMessageContaining("irq=64");
    assertThat(removed.log).isEmpty();
    assertThat(wrong.log).isEmpty();
  }

  @Test
  void aQueueIsMadeWhereTheHostPutItOrNotAtAll() {
    PlainBus bus = PlainBus.of(CARD);
    DeviceConfig card = handler.open(bus.device());
    assertThatThrownBy(() -> card.enable(0, 64, card.given(0))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("size=64");
    assertThatThrownBy(() -> card.enable(2, 64, RingAreas.NONE)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("queue=2");
    card.enable(1, 64, card.given(1));
    card.enable(0, 128, card.given(0));
    assertThat(bus.hex()).contains("0600000003000000");
  }

  /** What the guest writes over the entry's other bytes does not lead the host anywhere. */
  @Test
  void theHostTrustsNothingThatTheGuestCanWrite() {
    PlainBus bus = PlainBus.empty(89);
    FakeRegisters device = disk();
    handler.expose(device, bus.slot());
    bus.bytes.fill((byte) 0xA5);
    bus.bytes.set(ValueLayout.JAVA_BYTE, 4, (byte) 15);
    for (int offset = 0; offset < 89; offset++) {
      bus.notified.write(offset, 1, 0);
    }
    assertThat(device.size(0)).isEqualTo(128);
    assertThat(device.areas(0)).isEqualTo(new RingAreas(0x400_1000, 0x400_1800, 0x400_2000));
  }
}
