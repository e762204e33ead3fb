package virtio.config.tlv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static virtio.testkit.fake.PlainBus.plain;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Exposure;
import virtio.bus.Features;
import virtio.bus.RingAreas;
import virtio.bus.spec.FeatureBits;
import virtio.bus.spec.VirtioBlk;
import virtio.bus.spec.VirtioNet;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeListener;
import virtio.testkit.fake.FakeRegisters;
import virtio.testkit.fake.PlainBus;

/** Bytes typed from the structures of 2.6.24, not made by the code under test. */
class GoldenTest {
  private static final Features OFFERED = Features.of(FeatureBits.VIRTIO_F_VERSION_1, VirtioBlk.VIRTIO_BLK_F_SEG_MAX);
  private static final int DISK_LENGTH = 73;
  private static final int CARD_LENGTH = 75;

  /** What 2.6.24 had of a disk of 64 MiB: ring of 128 at page 0x4001, interrupt 1; capacity; no more than 126 segments. */
  private static final String DISK_2007 = """
      02 08  80 00 01 00 01 40 00 00
      40 10  04 00 00 00 01 00 00 00  00 00 00 00 00 00 00 00
      41 08  00 00 02 00 00 00 00 00
      43 04  7E 00 00 00
      """;
  /** What is ours: type, vendor; configuration interrupt 2; generation; ready queues. */
  private static final String DISK_OURS = """
      30 08  02 00 00 00 F4 1A 00 00
      31 02  02 00
      32 04  00 00 00 00
      33 04  00 00 00 00
      """;
  private static final String DISK = "02 46 00" + DISK_2007 + DISK_OURS;

  /** A card: features and address first, then the receive queue, then the transmit queue. */
  private static final String CARD = """
      01 48 00
      40 10  20 00 00 00 01 00 00 00  00 00 00 00 00 00 00 00
      41 06  52 54 00 12 34 56
      02 08  40 00 01 00 01 40 00 00
      02 08  40 00 02 00 03 40 00 00
      30 08  01 00 00 00 F4 1A 00 00
      31 02  03 00
      32 04  00 00 00 00
      33 04  00 00 00 00
      """;

  private final TlvConfig handler = new TlvConfig();

  private static FakeRegisters disk() {
    return new FakeRegisters(new DeviceId(2, 0x1AF4)).offers(OFFERED).has(VirtioBlk.CAPACITY, 0x20000).has(VirtioBlk.SEG_MAX, 126)
        .queue(0, 128);
  }

  private static FakeRegisters card() {
    return new FakeRegisters(new DeviceId(1, 0x1AF4)).offers(Features.of(5, 32)).has(VirtioNet.MAC, 0x5634_1200_5452L).queue(0, 64)
        .queue(1, 64);
  }

  @Test
  @Shows({"F33", "F34", "F36"})
  void theHostLaysADiskOutToTheByte() {
    PlainBus bus = PlainBus.empty(DISK_LENGTH);
    handler.expose(disk(), bus.slot());
    assertThat(bus.hex()).isEqualTo(plain(DISK));
    assertThat(bus.log).containsExactly("DOORBELL 4001000");
  }

  @Test
  @Shows("F34")
  void theHostLaysACardOutToTheByte() {
    PlainBus bus = PlainBus.empty(CARD_LENGTH);
    handler.expose(card(), bus.slot());
    assertThat(bus.hex()).isEqualTo(plain(CARD));
    assertThat(bus.log).containsExactly("DOORBELL 4001000", "DOORBELL 4003000");
  }

  @Test
  @Shows({"F33", "F34"})
  void theDriverReadsADiskToTheByte() {
    PlainBus bus = PlainBus.of(DISK);
    assertThat(handler.lacks(bus.device())).isNull();
    assertThat(handler.identify(bus.device())).isEqualTo(new DeviceId(2, 0x1AF4));
    DeviceConfig disk = handler.open(bus.device());
    assertThat(bus.log).as("looking at a device marks nothing").isEmpty();
    assertThat(disk.id()).isEqualTo(new DeviceId(2, 0x1AF4));
    assertThat(disk.offered()).isEqualTo(OFFERED);
    assertThat(disk.queueSize(0)).isEqualTo(128);
    assertThat(disk.queueSize(1)).isZero();
    assertThat(disk.given(0)).isEqualTo(new RingAreas(0x400_1000, 0x400_1800, 0x400_2000));
    assertThat(disk.given(1)).isEqualTo(RingAreas.NONE);
    assertThat(disk.read(VirtioBlk.CAPACITY)).isEqualTo(0x20000);
    assertThat(disk.read(VirtioBlk.SEG_MAX)).isEqualTo(126);
    disk.doorbell(0).raise(0);
    assertThat(bus.log).containsExactly("47=B0", "13=C0", "3=82", "31=C1", "41=C3", "RING 4001000");
  }

  @Test
  @Shows("F37")
  void aFieldIsMarkedOnceWhenItIsFound() {
    PlainBus bus = PlainBus.of(CARD);
    DeviceConfig card = handler.open(bus.device());
    card.read(VirtioNet.MAC);
    card.read(VirtioNet.MAC);
    assertThat(bus.log).containsExactly("21=C1");
    card.queueSize(1);
    assertThat(bus.log).containsExactly("21=C1", "39=82");
    assertThatThrownBy(() -> card.read(VirtioNet.MTU)).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no field 0x46 (mtu)");
    assertThat(bus.log).as("what is not found is not marked").hasSize(2);
  }

  @Test
  @Shows("F38")
  void bitsAreAcknowledgedOneByOneInTheSecondHalf() {
    PlainBus bus = PlainBus.of(CARD);
    DeviceConfig card = handler.open(bus.device());
    card.accept(Features.of(5, 32));
    assertThat(bus.log).containsExactly("3=C0", "13=20", "17=01", "NOTIFY 0");
    assertThatThrownBy(() -> card.accept(Features.of(64))).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("bit=64: never offered, there are 64");
  }

  @Test
  void aStatusIsWrittenThenNotified() {
    PlainBus bus = PlainBus.of(CARD);
    DeviceConfig card = handler.open(bus.device());
    card.status(1);
    assertThat(bus.log).containsExactly("59=B1", "2=01", "NOTIFY 0");
  }

  @Test
  void interruptsAreThoseOfTheFields() {
    PlainBus bus = PlainBus.of(CARD);
    DeviceConfig card = handler.open(bus.device());
    List<String> told = new ArrayList<>();
    card.listener(new FakeListener(told));
    card.status(1);
    card.enable(0, 64, card.given(0));
    card.enable(1, 64, card.given(1));
    for (int line = 1; line < 32; line++) {
      bus.raise(line);
    }
    assertThat(told).containsExactly("queue 0", "queue 1", "changed");
    card.close();
    bus.raise(1);
    assertThat(told).hasSize(3);
  }

  @Test
  @Shows({"F37", "F38"})
  void theHostKnowsWhatTheDriverRead() {
    PlainBus bus = PlainBus.empty(DISK_LENGTH);
    FakeRegisters device = disk();
    Exposure exposed = handler.expose(device, bus.slot());
    DeviceConfig driver = bus.walked(handler, Features.of(32));
    driver.read(VirtioBlk.CAPACITY);
    driver.enable(0, 128, driver.given(0));
    driver.status(15);
    assertThat(device.accepted()).isEqualTo(Features.of(32));
    assertThat(device.areas(0)).isEqualTo(new RingAreas(0x400_1000, 0x400_1800, 0x400_2000));
    assertThat(bus.hex()).isEqualTo(plain("""
        02 46 0F
        82 08  80 00 01 00 01 40 00 00
        C0 10  04 00 00 00 01 00 00 00  00 00 00 00 01 00 00 00
        C1 08  00 00 02 00 00 00 00 00
        43 04  7E 00 00 00
        30 08  02 00 00 00 F4 1A 00 00
        B1 02  02 00
        32 04  00 00 00 00
        B3 04  01 00 00 00
        """));
    assertThat(exposed.understood().acknowledged()).isEqualTo(Features.of(32));
    assertThat(exposed.understood().fields().stream().filter(Exposure.FieldRead::read).map(Exposure.FieldRead::name))
        .containsExactly("virtqueue 0", "features", "capacity", "interrupt", "queues");
    assertThat(exposed.understood().fields().stream().filter(field -> !field.read()).map(Exposure.FieldRead::name))
        .containsExactly("seg_max", "identity", "generation");
  }

  @Test
  @Shows("F37")
  void aResetClearsMarksAcknowledgementsAndRings() {
    PlainBus bus = PlainBus.empty(DISK_LENGTH);
    Exposure exposed = handler.expose(disk(), bus.slot());
    for (int time = 0; time < 3; time++) {
      DeviceConfig driver = bus.walked(handler, Features.of(32));
      driver.read(VirtioBlk.CAPACITY);
      driver.enable(0, 128, driver.given(0));
      driver.status(15);
      assertThat(bus.hex()).contains("82088000").contains("C108").contains("B30401");
      bus.taken.getFirst().segment().fill((byte) 7);
      driver.status(0);
      assertThat(bus.hex()).as("time " + time).isEqualTo(plain(DISK));
      driver.close();
    }
    exposed.close();
    assertThat(bus.freed).hasSize(1);
    assertThat(bus.freed.getFirst().segment().byteSize()).isEqualTo(4096 + 6 + 8 * 128);
    assertThat(bus.freed.getFirst().segment().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    assertThat(bus.quarantined).isEmpty();
    assertThat(bus.log).endsWith("CLOSED 4001000");
  }

  @Test
  void aStatusThatIsStillToBeTakenIsNotOverwritten() {
    PlainBus bus = PlainBus.empty(DISK_LENGTH);
    FakeRegisters device = disk();
    handler.expose(device, bus.slot());
    bus.walked(handler, Features.of(32)).status(15);
    bus.bytes.set(ValueLayout.JAVA_BYTE, 2, (byte) 0);
    device.change(VirtioBlk.CAPACITY, 0x40000);
    bus.notified.write(0, 1, 0);
    assertThat(device.statuses()).endsWith(15, 0);
  }

  @Test
  void aStatusThatIsStillToBeTakenIsNotOverwrittenByAnother() {
    PlainBus bus = PlainBus.empty(DISK_LENGTH);
    FakeRegisters device = disk();
    handler.expose(device, bus.slot());
    bus.walked(handler, Features.of(32)).status(15);
    bus.bytes.set(ValueLayout.JAVA_BYTE, 2, (byte) 0);
    device.needsReset();
    bus.notified.write(0, 1, 0);
    assertThat(device.statuses()).endsWith(15, 0);
    assertThat(bus.bytes.get(ValueLayout.JAVA_BYTE, 2)).isZero();
  }

  @Test
  void ringsThatADriverMayStillUseAreSetAside() {
    PlainBus bus = PlainBus.empty(DISK_LENGTH);
    Exposure exposed = handler.expose(disk(), bus.slot());
    bus.walked(handler, Features.of(32));
    exposed.close();
    assertThat(bus.quarantined).hasSize(1);
    assertThat(bus.freed).isEmpty();
  }

  @Test
  @Shows({"F09", "F10"})
  void aTypeThatFitsNoByteIsSpelledElsewhere() {
    PlainBus bus = PlainBus.empty(67);
    handler.expose(new FakeRegisters(new DeviceId(0x3456, 0x1234)).offers(Features.of(32)).queue(0, 8).queue(1, 8), bus.slot());
    assertThat(bus.hex()).startsWith("FE4000").contains("3008" + "56340000" + "34120000");
    assertThat(handler.identify(bus.device())).isEqualTo(new DeviceId(0x3456, 0x1234));
    assertThat(handler.open(bus.device()).given(1)).isEqualTo(new RingAreas(0x400_3000, 0x400_3080, 0x400_4000));
  }

  @Test
  void highBitsMakeTheFieldOfFeaturesLonger() {
    PlainBus bus = PlainBus.empty(73);
    FakeRegisters device = new FakeRegisters(new DeviceId(2, 0x1AF4)).offers(Features.of(32, 64, 127)).queue(0, 8);
    Exposure exposed = handler.expose(device, bus.slot());
    assertThat(bus.hex()).contains("4020" + "0000000001000000" + "0100000000000080" + "00".repeat(16));
    bus.walked(handler, Features.of(32, 127));
    assertThat(device.accepted()).isEqualTo(Features.of(32, 127));
    assertThat(exposed.understood().acknowledged()).isEqualTo(Features.of(32, 127));
  }

  @Test
  void interruptsThatRunOutAreShared() {
    PlainBus bus = PlainBus.empty(67);
    bus.lines = 1;
    handler.expose(new FakeRegisters(new DeviceId(2, 0x1AF4)).offers(Features.of(32)).queue(0, 8).queue(1, 8), bus.slot());
    assertThat(bus.hex()).contains("02080800010001400000" + "02080800010003400000").contains("31020100");
    PlainBus none = PlainBus.empty(67);
    none.lines = 0;
    assertThatThrownBy(() -> handler.expose(new FakeRegisters(new DeviceId(2, 0x1AF4)).offers(Features.of(32)).queue(0, 8).queue(1, 8),
        none.slot()))
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("no interrupt is left");
    assertThat(none.freed).hasSize(2);
  }

  @Test
  void aQueueIsMadeWhereTheHostPutItOrNotAtAll() {
    PlainBus bus = PlainBus.of(CARD);
    DeviceConfig card = handler.open(bus.device());
    assertThatThrownBy(() -> card.enable(0, 32, card.given(0))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("size=32");
    assertThatThrownBy(() -> card.enable(2, 64, RingAreas.NONE)).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("queue=2");
    card.enable(1, 64, card.given(1));
    card.enable(0, 64, card.given(0));
    assertThat(bus.hex()).contains("B30403000000");
  }

  @Test
  void aStreamThatDoesNotFitIsRefused() {
    FakeRegisters wide = new FakeRegisters(new DeviceId(2, 0x1AF4)).offers(Features.of(32));
    for (int queue = 0; queue < 24; queue++) {
      wide.queue(queue, 8);
    }
    PlainBus bus = PlainBus.empty(400);
    assertThatThrownBy(() -> handler.expose(wide, bus.slot())).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("queues=24").hasMessageContaining("255");
  }

  /** What the guest writes over the entry does not lead the host anywhere, and a reset makes the stream whole again. */
  @Test
  void theHostTrustsNothingThatTheGuestCanWrite() {
    PlainBus bus = PlainBus.empty(DISK_LENGTH);
    FakeRegisters device = disk();
    Exposure exposed = handler.expose(device, bus.slot());
    bus.bytes.fill((byte) 0xA5);
    bus.bytes.set(ValueLayout.JAVA_BYTE, 2, (byte) 15);
    for (int offset = 0; offset < DISK_LENGTH; offset++) {
      bus.notified.write(offset, 1, 0);
    }
    assertThat(exposed.understood().fields()).hasSize(8);
    assertThat(device.size(0)).isEqualTo(128);
    assertThat(device.areas(0)).isEqualTo(new RingAreas(0x400_1000, 0x400_1800, 0x400_2000));
    bus.bytes.set(ValueLayout.JAVA_BYTE, 2, (byte) 0);
    bus.notified.write(0, 1, 0);
    assertThat(bus.hex()).startsWith("024600" + "02088000010001400000" + "401004000000010000000000000000000000" + "4108").contains("4304")
        .contains("300802000000F41A0000" + "31020200" + "3204").endsWith("330400000000");
  }
}
