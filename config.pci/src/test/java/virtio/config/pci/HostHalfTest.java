package virtio.config.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Window;
import virtio.bus.spec.Pci;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Await;
import virtio.testkit.Clause;
import virtio.testkit.LogLines;
import virtio.testkit.Shows;
import virtio.testkit.Trap;
import virtio.testkit.fake.FakeMachine;
import virtio.testkit.fake.FakePciSlot;
import virtio.testkit.fake.FakeRegisters;

/** The device's half, register by register: offsets and values are typed from the specification, not taken from the code under test. */
@Timeout(60)
class HostHalfTest {
  private static final int PLACE = 3;
  private static final int ISR = 0x1000;
  private static final int DEVICE = 0x2000;
  private static final int NOTIFY = 0x3000;
  private static final int NO_VECTOR = 0xFFFF;

  private final PciRig rig = new PciRig();
  private final FakePciSlot function = rig.slot(PLACE).vectors(8);
  private final FakeRegisters device = new FakeRegisters(new DeviceId(2, 0x1234)).offers(Features.of(0, 31, 32, 38, 39, 64, 127))
      .has(VirtioBlk.CAPACITY, 0x8000_0000_1234_5678L).has(VirtioBlk.BLK_SIZE, 512).has(VirtioBlk.WRITEBACK, 1).queue(0, 256).queue(1, 64);
  private Registration exposed;
  private Window config;
  private Window bar;

  @BeforeEach
  void show() {
    exposed = new PciConfig().expose(device, function);
    function.announce();
    config = rig.find(PLACE).window("config");
    bar = rig.find(PLACE).window("bar4");
  }

  @AfterEach
  void close() {
    exposed.close();
    rig.close();
  }

  private void walk(long... words) {
    bar.write(20, 1, 0);
    bar.write(20, 1, 1);
    bar.write(20, 1, 3);
    for (int word = 0; word < words.length; word++) {
      bar.write(8, 4, word);
      bar.write(12, 4, words[word]);
    }
    bar.write(20, 1, 11);
  }

  @Test
  @Shows("F09")
  @Clause("PCI Device Discovery")
  void theFunctionSaysWhoItIs() {
    assertThat(config.read(Pci.VENDOR_ID, 4)).isEqualTo(0x1042_1AF4L);
    assertThat(config.read(Pci.SUBSYSTEM_VENDOR_ID, 2)).isEqualTo(0x1234);
    assertThat(config.read(Pci.SUBSYSTEM_ID, 2)).isGreaterThanOrEqualTo(0x40);
    assertThat(config.read(Pci.REVISION_AND_CLASS, 4)).isEqualTo(0x0100_0001);
  }

  @ParameterizedTest
  @CsvSource({"0x3456, 0x1AF4, 0x3456", "0x40, 0x1AF4, 0x40", "0, 0x1AF4, type=0x0", "2, 0x10000, vendor=0x10000"})
  @Shows("F10")
  @Clause("PCI Device Discovery")
  void anIdThatHasNoRoomIsRefusedByName(int type, int vendor, String word) {
    FakeRegisters stranger = new FakeRegisters(new DeviceId(type, vendor));
    assertThatThrownBy(() -> new PciConfig().expose(stranger, rig.slot(9))).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(word);
  }

  @Test
  void aSlotThatIsNoPciFunctionIsRefusedByName() {
    try (FakeMachine other = new FakeMachine("f0")) {
      assertThatThrownBy(() -> new PciConfig().expose(device, other.plug("device", Map.of())))
          .isInstanceOf(IllegalStateException.class).hasMessageContaining("no PCI function");
    }
  }

  /** {@code cap_vndr, cap_len, cfg_type, bar, offset, length} of each, and what follows. */
  @Test
  @Clause("Virtio Structure PCI Capabilities")
  void capabilitiesSayWhereTheStructuresLie() {
    List<String> found = Pci.capabilities(config).stream().filter(at -> config.read(at, 1) == 9).map(at -> "%d %d bar%d %x+%x".formatted(
        config.read(at + 2, 1), config.read(at + 3, 1), config.read(at + 4, 1), config.read(at + 8, 4), config.read(at + 12, 4))).toList();
    assertThat(found).containsExactly("16 1 bar4 0+40", "16 3 bar4 1000+1", "16 4 bar4 2000+21", "20 2 bar4 3000+1000", "20 5 bar0 0+0");
    int notify = Pci.capabilities(config).get(4);
    assertThat(config.read(notify + 16, 4)).as("notify_off_multiplier").isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({"0, 4, 0", "4, 4, 0x80000001", "12, 4, 0", "16, 2, 0xFFFF", "18, 2, 2", "20, 1, 0", "21, 1, 0", "22, 2, 0", "24, 2, 256",
      "26, 2, 0xFFFF", "28, 2, 0", "30, 2, 0", "32, 4, 0", "36, 4, 0", "52, 4, 0", "56, 2, 0x40", "58, 2, 0", "0x2000, 4, 0x12345678",
      "0x2004, 4, 0x80000000", "0x2014, 4, 512", "0x2020, 1, 1", "0x2021, 1, 0"})
  @Clause({"Common configuration structure layout", "Device-specific configuration"})
  void aRegisterLiesWhereTheSpecificationHasIt(int offset, int width, long value) {
    assertThat(bar.read(offset, width)).isEqualTo(value);
  }

  @Test
  @Shows("F38")
  @Clause("Feature Bits")
  void featuresAreReadAndAcceptedWordByWord() {
    long[] words = {0x8000_0001L, 0xC1, 1, 0x8000_0000L, 0};
    for (int word = 0; word < words.length; word++) {
      bar.write(0, 4, word);
      assertThat(bar.read(4, 4)).as("word " + word).isEqualTo(words[word]);
    }
    walk(1, 1, 0, 0x8000_0000L);
    bar.write(8, 4, 3);
    assertThat(bar.read(12, 4)).isEqualTo(0x8000_0000L);
    assertThat(device.accepted()).isEqualTo(Features.of(0, 32, 127));
    bar.write(12, 4, 0);
    bar.write(20, 1, 15);
    assertThat(device.accepted()).isEqualTo(Features.of(0, 32, 127));
  }

  @Test
  @Clause("Virtqueue Configuration")
  void aQueueIsMadeOfHalvesInAnyOrder() {
    walk(0, 1);
    bar.write(22, 2, 1);
    bar.write(24, 2, 32);
    bar.write(36, 4, 1);
    bar.write(32, 4, 0x2345_6000L);
    bar.write(44, 4, 2);
    bar.write(40, 4, 0x3456_7000L);
    bar.write(48, 4, 0x4567_8000L);
    bar.write(52, 4, 0x8000_0000L);
    assertThat(bar.read(36, 4)).isEqualTo(1);
    bar.write(28, 2, 1);
    assertThat(bar.read(28, 2)).isEqualTo(1);
    assertThat(device.size(1)).isEqualTo(32);
    assertThat(device.areas(1)).isEqualTo(new RingAreas(0x1_2345_6000L, 0x2_3456_7000L, 0x8000_0000_4567_8000L));
    bar.write(22, 2, 0);
    assertThat(bar.read(28, 2)).isZero();
    bar.write(22, 2, 2);
    assertThat(bar.read(24, 2)).isZero();
  }

  @Test
  @Trap("T20")
  @Clause("MSI-X Vector Configuration")
  void aVectorThatThereIsNotReadsBackAsNone() {
    bar.write(16, 2, 2);
    assertThat(bar.read(16, 2)).isEqualTo(2);
    bar.write(26, 2, 3);
    assertThat(bar.read(26, 2)).as("one for changes and two queues were asked for").isEqualTo(NO_VECTOR);
    bar.write(26, 2, 1);
    bar.write(22, 2, 1);
    assertThat(bar.read(26, 2)).isEqualTo(NO_VECTOR);
    bar.write(22, 2, 0);
    assertThat(bar.read(26, 2)).isEqualTo(1);
    bar.write(20, 1, 0);
    assertThat(bar.read(26, 2)).isEqualTo(NO_VECTOR);
    assertThat(bar.read(16, 2)).isEqualTo(NO_VECTOR);
  }

  @Test
  @Trap("T21")
  @Clause("ISR status capability")
  void theIsrShowsBothBitsAndClearsOnRead() {
    device.interrupt(1);
    device.tell();
    assertThat(bar.read(ISR, 1)).isEqualTo(3);
    assertThat(bar.read(ISR, 1)).isZero();
    device.tell();
    assertThat(bar.read(ISR, 1)).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 1, 2, 1 at 11", "0x40, 0, 1, 4, 1 at 11", "0x80, 0, 0x41, 2, 1 at 11", "0xC0, 0, 0x41, 4, 1 at 11", "0, 0, 0, 2, ",
      "0, 0, 1, 4, ", "0, 0, 1, 1, ", "0x40, 0, 1, 2, ", "0x80, 0, 1, 2, ", "0, 1, 1, 2, ", "0, 8, 3, 2, "})
  @Clause("Available Buffer Notifications")
  void aDoorbellRingsWhenPlaceWidthAndValueAgree(int negotiated, int aside, int value, int width, String rung) {
    walk(0, negotiated | 1);
    bar.write(NOTIFY + 4 + aside, width, 0x7_0000 | value);
    assertThat(device.rung()).isEqualTo(rung == null ? List.of() : List.of(rung));
  }

  @Test
  @Clause("Device Reset")
  void aResetPutsEverythingBackWhenTheDeviceHasStopped() {
    walk(1, 1);
    bar.write(24, 2, 16);
    bar.write(28, 2, 1);
    bar.write(20, 1, 15);
    device.neverConfirmsReset(true);
    bar.write(20, 1, 0);
    assertThat(bar.read(20, 1)).isNotZero();
    bar.write(28, 2, 1);
    assertThat(device.enabled()).containsExactly(0);
    device.finishReset();
    assertThat(Await.that(Duration.ofSeconds(10), () -> bar.read(20, 1) == 0)).isTrue();
    assertThat(bar.read(24, 2)).as("the maximum again").isEqualTo(256);
    assertThat(bar.read(28, 2)).isZero();
  }

  @Test
  @Clause("PCI configuration access capability")
  void theCapabilityLeadsToTheRegionAndNowhereElse() {
    int at = Pci.capabilities(config).getLast();
    config.write(at + 4, 1, 4);
    config.write(at + 12, 4, 4);
    config.write(at + 8, 4, DEVICE + 20);
    assertThat(config.read(at + 16, 4)).isEqualTo(512);
    config.write(at + 8, 4, 20);
    config.write(at + 12, 4, 1);
    config.write(at + 16, 4, 0xFFFF_FF01L);
    assertThat(device.statuses()).containsExactly(1);
    assertThat(config.read(at + 16, 4)).isEqualTo(1);
    try (LogLines said = new LogLines("virtio.bus.registers")) {
      config.write(at + 8, 4, 0xFFFF_FFFFL);
      config.write(at + 16, 4, 2);
      config.write(at + 4, 1, 0);
      config.write(at + 8, 4, 20);
      config.write(at + 16, 4, 2);
      config.write(at + 4, 1, 4);
      config.write(at + 12, 4, 3);
      assertThat(config.read(at + 16, 4)).isEqualTo(0xFFFF_FFFFL);
      assertThat(said.lines()).hasSize(3).allMatch(line -> line.startsWith("p0/3: refused: configuration access of "));
    }
    assertThat(device.statuses()).containsExactly(1);
  }

  @Test
  void anythingAtAnyOffsetIsHarmless() {
    walk(0, 1);
    try (LogLines said = new LogLines("virtio.bus.registers")) {
      for (int offset = 0; offset < DEVICE; offset++) {
        for (int width = 1; width <= 8; width *= 2) {
          if (offset != 20) {
            bar.write(offset, width, -1);
            bar.read(offset, width);
          }
        }
      }
      for (int offset = NOTIFY; offset < NOTIFY + 64; offset++) {
        bar.write(offset, 4, -1);
        bar.write(offset, 2, 7);
      }
      assertThat(said.lines()).hasSize(8);
    }
    assertThat(bar.read(20, 1)).isEqualTo(11);
    assertThat(device.enabled()).isEmpty();
    assertThat(device.rung()).isEmpty();
    bar.write(NOTIFY, 2, 0);
    assertThat(device.rung()).containsExactly("0 at 11");
  }

  @Test
  void aDeviceThatIsNotShownAnyMoreReadsAllOnes() {
    exposed.close();
    assertThat(bar.read(20, 1)).isEqualTo(0xFF);
    bar.write(20, 1, 1);
    assertThat(device.statuses()).isEmpty();
  }
}
