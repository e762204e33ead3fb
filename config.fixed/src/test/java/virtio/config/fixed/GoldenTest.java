package virtio.config.fixed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static virtio.testkit.fake.PlainBus.plain;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtio.bus.ConfigurationQueue;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Field;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.RingFormat;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Clause;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeRegisters;
import virtio.testkit.fake.PlainBus;

/** Bytes typed from the table in the package's documentation. */
class GoldenTest {
  /** A disk on lguest: configuration queue at page 0x4001, ring of 128 at 0x4003, interrupt 1; configuration interrupt 2. */
  private static final String HOST = """
      56 46 58 31  02 00  F4 1A
      40 00 00 00 01 00 00 00  00 00 00 00 00 00 00 80
      01 00  00 00  04 00 00 00
      00 10 00 04 00 00 00 00
      00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
      00 10 00 04  00 00 00 04  02 00  00 00  00 00 00 00
      80 00 01 00 03 40 00 00
      """ + "00 ".repeat(40);
  private static final String DRIVER = """
      00 00 02 00 00 00 00 00
      00 00 00 00 00 00 00 00 00 00 00 00
      00 10 00 00
      00 00 00 00 00 00 00 00
      01
      """ + "00 ".repeat(95);

  private final FixedConfig handler = new FixedConfig();
  private final FakeRegisters disk = new FakeRegisters(new DeviceId(2, 0x1AF4)).offers(Features.of(6, 32, 127))
      .has(VirtioBlk.CAPACITY, 0x20000).has(VirtioBlk.BLK_SIZE, 4096).has(VirtioBlk.WRITEBACK, 1).queue(0, 128);
  private final PlainBus bus = PlainBus.empty(Bytes256.SIZE);
  private final List<String> asked = new ArrayList<>();

  private DeviceConfig reset() {
    DeviceConfig driver = handler.open(bus.device());
    driver.status(0);
    bus.notified.write(0, 1, 0);   // the doorbell, which this bus only notes
    assertThat(driver.status()).isZero();
    ConfigurationQueue direct = disk.asking();
    driver.configurationQueue(request -> {
      asked.add(HexFormat.of().withUpperCase().formatHex(request));
      return direct.ask(request);
    });
    return driver;
  }

  @Test
  @Shows({"F25", "F26"})
  void theHostLaysADiskOutToTheByte() {
    handler.expose(disk, bus.slot());
    assertThat(bus.hex()).isEqualTo(plain(HOST + DRIVER));
    assertThat(bus.log).containsExactly("DOORBELL 4003000", "DOORBELL 4001000", "DOORBELL 4000000");
    assertThat(disk.areas(RingFormat.Rings.CONFIGURATION)).isEqualTo(new RingAreas(0x400_1000, 0x400_1040, 0x400_2000));
  }

  @Test
  @Shows({"F24", "F25", "F33"})
  void theDriverReadsADiskToTheByte() {
    PlainBus typed = PlainBus.of(HOST + DRIVER);
    assertThat(handler.lacks(typed.device())).isNull();
    assertThat(handler.identify(typed.device())).isEqualTo(new DeviceId(2, 0x1AF4));
    DeviceConfig driver = handler.open(typed.device());
    assertThat(driver.offered()).isEqualTo(Features.of(6, 32, 127));
    assertThat(driver.configurationQueue()).isEqualTo(4);
    assertThat(driver.given(RingFormat.Rings.CONFIGURATION)).isEqualTo(new RingAreas(0x400_1000, 0x400_1040, 0x400_2000));
    assertThat(driver.queueSize(0)).isEqualTo(128);
    assertThat(driver.queueSize(1)).isZero();
    assertThat(driver.given(0)).isEqualTo(new RingAreas(0x400_3000, 0x400_3800, 0x400_4000));
    assertThat(driver.read(VirtioBlk.CAPACITY)).isEqualTo(0x20000);
    assertThat(driver.read(VirtioBlk.BLK_SIZE)).isEqualTo(4096);
    assertThat(driver.read(VirtioBlk.WRITEBACK)).isEqualTo(1);
    assertThat(driver.read(new Field("last", 127, 1, 1, Field.ALWAYS))).isZero();
    assertThatThrownBy(() -> driver.read(new Field("beyond", 128, 1, 1, Field.ALWAYS))).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the driver half has 128 bytes");
    driver.doorbell(0).raise(0);
    driver.doorbell(RingFormat.Rings.CONFIGURATION).raise(0);
    driver.status(0);
    assertThat(typed.log).as("it rings, and writes nothing").containsExactly("RING 4003000", "RING 4001000", "RING 4000000");
    assertThat(driver.status()).as("a reset that nobody counted").isNotZero();
  }

  @Test
  @Shows({"F28", "F29"})
  @Clause("Device Status Field")
  void allThatADriverSaysTravelsOnTheQueue() {
    Registration exposed = handler.expose(disk, bus.slot());
    DeviceConfig driver = reset();
    driver.status(1);
    driver.accept(Features.of(32, 127));
    driver.enable(0, 128, driver.given(0));
    driver.write(VirtioBlk.WRITEBACK, 0);
    driver.status(0);
    assertThat(asked).containsExactly(
        "01000000" + "01000000" + "01",
        "02000000" + "10000000" + "0000000001000000" + "0000000000000080",
        "04000000" + "20000000" + "8000000000000000" + "0030000400000000" + "0038000400000000" + "0040000400000000",
        "03002000" + "01000000" + "00",
        "05000000" + "00000000");
    assertThat(disk.read(VirtioBlk.WRITEBACK)).isZero();
    assertThat(bus.log).as("and nothing else was written").noneMatch(line -> line.contains("=") || line.startsWith("NOTIFY"));
    assertThat(bus.bytes.get(ValueLayout.JAVA_BYTE, 76)).as("both resets count").isEqualTo((byte) 2);
    exposed.close();
    assertThat(bus.freed).hasSize(2);
    assertThat(bus.quarantined).isEmpty();
  }

  @Test
  void whatIsAskedWronglyIsAnsweredAndDoesNothing() {
    handler.expose(disk, bus.slot());
    reset();
    String before = bus.hex();
    for (String wrong : List.of("", "01", "0100000001000000", "010000000200000001", "010100000100000001", "010000000100000001FF",
        "010001000100000001", "020000000100000001", "05000000010000000000", "0300000000000000", "0300000009000000000000000000000000",
        "0400000020000000" + "80000000FFFFFFFF" + "00".repeat(24))) {
      assertThat(answer(wrong)).as(wrong).isEqualTo(Request.MALFORMED);
    }
    assertThat(answer("FF00000000000000")).isEqualTo(Request.UNKNOWN);
    assertThat(answer("0000000000000000")).isEqualTo(Request.UNKNOWN);
    for (String nowhere : List.of("030001000100000001", "0300FFFF0100000001", "03000000040000000000" + "0000",
        "0400010020000000" + "8000000000000000" + "00".repeat(24), "0400000020000000" + "8000000000000000" + "00".repeat(24),
        "0400000020000000" + "FFFFFFFF00000000" + "00".repeat(24), "0400FFFF20000000" + "8000000000000000" + "00".repeat(24))) {
      assertThat(answer(nowhere)).as(nowhere).isEqualTo(Request.NOT_THERE);
    }
    assertThat(bus.hex()).isEqualTo(before);
    assertThat(disk.enabled()).isEmpty();
  }

  private int answer(String request) {
    return disk.asking().ask(HexFormat.of().parseHex(request))[0];
  }

  @Test
  @Shows("F28")
  void aQueueThatDoesNotAnswerIsPassedByTheResetDoorbell() {
    handler.expose(disk, bus.slot());
    DeviceConfig driver = reset();
    driver.status(11);
    disk.muteConfigurationQueue();
    assertThatThrownBy(() -> driver.accept(Features.of(32))).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("configuration queue: accept features: no answer");
    assertThatThrownBy(() -> driver.write(VirtioBlk.WRITEBACK, 0)).hasMessageContaining("writeback: no answer");
    driver.status(128);   // nobody hears it, and nothing is thrown
    bus.log.clear();
    driver.status(0);
    assertThat(bus.log).containsExactly("RING 4000000");
    assertThat(driver.status()).as("not before the host has counted it").isNotZero();
    bus.notified.write(0, 1, 0);
    assertThat(driver.status()).isZero();
    assertThat(disk.asking().ask(Request.status(1).bytes())).as("made anew").containsExactly(0);
  }

  @Test
  @Shows({"F09", "F10"})
  void aTypeOf16BitsIsCarriedAndALongerOneRefused() {
    handler.expose(new FakeRegisters(new DeviceId(0x3456, 0x1234)).offers(Features.of(32)).queue(0, 8), bus.slot());
    assertThat(bus.hex()).startsWith("56465831" + "56343412");
    assertThat(handler.identify(bus.device())).isEqualTo(new DeviceId(0x3456, 0x1234));
    PlainBus other = PlainBus.empty(Bytes256.SIZE);
    assertThatThrownBy(() -> handler.expose(new FakeRegisters(new DeviceId(0x12345, 0x1AF4)), other.slot()))
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("16 bits");
    assertThat(other.hex()).matches("0+");
  }

  @Test
  void whatDoesNotFitIsRefused() {
    FakeRegisters wide = new FakeRegisters(new DeviceId(2, 0x1AF4));
    for (int queue = 0; queue < 7; queue++) {
      wide.queue(queue, 8);
    }
    assertThatThrownBy(() -> handler.expose(wide, bus.slot())).isInstanceOf(IllegalStateException.class).hasMessageContaining("6 queues");
    FakeRegisters deep = new FakeRegisters(new DeviceId(2, 0x1AF4)).has(new Field("deep", 121, 8, 1, Field.ALWAYS), 0);
    assertThatThrownBy(() -> handler.expose(deep, bus.slot())).isInstanceOf(IllegalStateException.class).hasMessageContaining("129 bytes");
    bus.lines = 0;
    assertThatThrownBy(() -> handler.expose(disk, bus.slot())).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no interrupt is left");
    assertThat(bus.freed).hasSize(2);
  }

  @Test
  void bytesThatAreNoneOfOursAreNobody() {
    assertThat(handler.identify(bus.device())).isNull();
    assertThatThrownBy(() -> handler.open(bus.device())).isInstanceOf(IllegalStateException.class).hasMessageContaining("0x31584656");
    String bytes = plain(HOST + DRIVER);
    refused(bytes.substring(0, 48) + "0700" + bytes.substring(52), "queues=7");
    refused(bytes.substring(0, 56) + "03" + bytes.substring(58), "size=3");
    refused(bytes.substring(0, 64) + "01" + bytes.substring(66), "multiple of 4096");
    refused(bytes.substring(0, 144) + "4000" + bytes.substring(148), "interrupt=64");
    refused(bytes.substring(0, 56) + "00" + bytes.substring(58), "size=0");
    PlainBus far = PlainBus.of(bytes.substring(0, 164) + "4000" + bytes.substring(168));
    DeviceConfig driver = handler.open(far.device());
    assertThatThrownBy(() -> driver.enable(0, 128, driver.given(0))).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("interrupt=64");
    assertThatThrownBy(() -> driver.enable(0, 64, driver.given(0))).isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("size=64");
  }

  private void refused(String bytes, String why) {
    assertThatThrownBy(() -> handler.open(PlainBus.of(bytes).device())).isInstanceOf(IllegalStateException.class).hasMessageContaining(why);
  }
}
