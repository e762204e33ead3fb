package virtio.config.mmio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.Registration;
import virtio.bus.RingAreas;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.Await;
import virtio.testkit.Clause;
import virtio.testkit.LogLines;
import virtio.testkit.Shows;
import virtio.testkit.Trap;
import virtio.testkit.fake.FakeMachine;
import virtio.testkit.fake.FakeRegisters;

/** The device's half, register by register: offsets and values are typed from the specification, not taken from the code under test. */
@Timeout(60)
class RegistersTest {
  private static final int DEVICE_FEATURES = 0x010;
  private static final int DEVICE_FEATURES_SEL = 0x014;
  private static final int DRIVER_FEATURES = 0x020;
  private static final int DRIVER_FEATURES_SEL = 0x024;
  private static final int QUEUE_SEL = 0x030;
  private static final int QUEUE_SIZE_MAX = 0x034;
  private static final int QUEUE_SIZE = 0x038;
  private static final int QUEUE_READY = 0x044;
  private static final int QUEUE_NOTIFY = 0x050;
  private static final int INTERRUPT_STATUS = 0x060;
  private static final int INTERRUPT_ACK = 0x064;
  private static final int STATUS = 0x070;
  private static final int CONFIG = 0x100;

  private final FakeMachine machine = new FakeMachine("f0");
  private final Slot slot = machine.plug("device", Map.of());
  private final FakeRegisters device = new FakeRegisters(new DeviceId(2, 0x554D_4551)).offers(Features.of(0, 31, 32, 64, 127))
      .has(VirtioBlk.CAPACITY, 0x8000_0000_1234_5678L).has(VirtioBlk.BLK_SIZE, 512).has(VirtioBlk.WRITEBACK, 1).queue(0, 256).queue(1, 64);
  private final Registration exposed = new MmioConfig().expose(device, slot);
  private final Window registers = machine.device(slot).window("mmio");

  @AfterEach
  void close() {
    exposed.close();
    machine.close();
  }

  private long read(int offset) {
    return registers.read(offset, 4);
  }

  private void write(int offset, long value) {
    registers.write(offset, 4, value);
  }

  private void walk(long... words) {
    write(STATUS, 0);
    write(STATUS, 1);
    write(STATUS, 3);
    for (int word = 0; word < words.length; word++) {
      write(DRIVER_FEATURES_SEL, word);
      write(DRIVER_FEATURES, words[word]);
    }
    write(STATUS, 11);
  }

  @ParameterizedTest
  @CsvSource({"0x000, 0x74726976", "0x004, 2", "0x008, 2", "0x00C, 0x554D4551", "0x034, 256", "0x044, 0", "0x060, 0", "0x070, 0",
      "0x0FC, 0", "0x0B0, 0xFFFFFFFF", "0x0B4, 0xFFFFFFFF", "0x0C0, 0", "0x100, 0x12345678", "0x104, 0x80000000", "0x114, 512"})
  @Shows("F09")
  @Clause("MMIO Device Register Layout")
  void aRegisterLiesWhereTheSpecificationHasIt(int offset, long value) {
    assertThat(read(offset)).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"0, 0x80000001", "1, 1", "2, 1", "3, 0x80000000", "4, 0", "0xFFFFFFFF, 0"})
  @Clause("MMIO Device Register Layout")
  void aWordOfFeaturesIsSelected(long select, long word) {
    write(DEVICE_FEATURES_SEL, select);
    assertThat(read(DEVICE_FEATURES)).isEqualTo(word);
  }

  @Test
  @Shows("F38")
  @Clause("Feature Bits")
  void whatTheDriverAcceptsArrivesBitByBitBeforeFeaturesOkAndNotAfter() {
    walk(1, 1, 0, 0x8000_0000L);
    assertThat(device.accepted()).isEqualTo(Features.of(0, 32, 127));
    write(DRIVER_FEATURES_SEL, 2);
    write(DRIVER_FEATURES, 1);
    write(STATUS, 15);
    assertThat(device.accepted()).isEqualTo(Features.of(0, 32, 127));
  }

  @Test
  @Clause("Virtqueue Configuration")
  void aQueueIsMadeWhereItsRegistersSay() {
    walk(0, 1);
    write(QUEUE_SEL, 1);
    assertThat(read(QUEUE_SIZE_MAX)).isEqualTo(64);
    write(QUEUE_SIZE, 32);
    write(0x080, 0x2345_6000L);
    write(0x084, 1);
    write(0x090, 0x3456_7000L);
    write(0x094, 2);
    write(0x0A0, 0x4567_8000L);
    write(0x0A4, 0x8000_0000L);
    write(QUEUE_READY, 1);
    assertThat(read(QUEUE_READY)).isEqualTo(1);
    assertThat(device.size(1)).isEqualTo(32);
    assertThat(device.areas(1)).isEqualTo(new RingAreas(0x1_2345_6000L, 0x2_3456_7000L, 0x8000_0000_4567_8000L));
    write(QUEUE_SEL, 0);
    assertThat(read(QUEUE_READY)).isZero();
    write(QUEUE_SEL, 2);
    assertThat(read(QUEUE_SIZE_MAX)).isZero();
  }

  @Test
  @Clause("Notifications From The Device")
  void anInterruptSaysWhyUntilItIsAcknowledged() {
    device.tell();
    device.interrupt(1);
    assertThat(read(INTERRUPT_STATUS)).isEqualTo(3);
    write(INTERRUPT_ACK, 1);
    assertThat(read(INTERRUPT_STATUS)).isEqualTo(2);
    write(INTERRUPT_ACK, 0xFFFF_FFFFL);
    assertThat(read(INTERRUPT_STATUS)).isZero();
  }

  @Test
  @Clause("Device Reset")
  void aResetPutsEverythingBackWhenTheDeviceHasStopped() {
    walk(1, 1);
    write(QUEUE_SEL, 1);
    write(QUEUE_READY, 1);
    write(STATUS, 15);
    device.interrupt(1);
    device.neverConfirmsReset(true);
    write(STATUS, 0);
    assertThat(read(STATUS)).isNotZero();
    assertThat(read(QUEUE_READY)).isZero();
    write(STATUS, 1);
    write(QUEUE_SEL, 1);
    write(QUEUE_READY, 1);
    assertThat(device.enabled()).containsExactly(1);
    device.interrupt(1);
    device.finishReset();
    assertThat(Await.that(Duration.ofSeconds(10), () -> read(STATUS) == 0)).isTrue();
    assertThat(read(INTERRUPT_STATUS)).isZero();
    walk(0, 1);
    assertThat(device.accepted()).isEqualTo(Features.of(32));
    assertThat(read(STATUS)).isEqualTo(11);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  @Clause("MMIO Device Register Layout")
  void whatADriverMustNotWriteChangesNothing(int which) {
    walk(0, 1);
    switch (which) {
      case 0 -> write(QUEUE_SIZE, 0);
      case 1 -> write(QUEUE_SIZE, 257);
      case 2 -> {
        write(QUEUE_SEL, 0xFFFF_FFFFL);
        write(QUEUE_SIZE, 2);
        write(QUEUE_READY, 1);
        write(QUEUE_SEL, 0);
      }
      case 3 -> write(QUEUE_READY, 77);
      case 4 -> registers.write(QUEUE_SIZE, 2, 2);
      default -> registers.write(QUEUE_SIZE + 2, 4, 2);
    }
    assertThat(device.enabled()).isEmpty();
    write(QUEUE_READY, 1);
    assertThat(device.size(0)).isEqualTo(256);
    write(QUEUE_SIZE, 8);
    write(QUEUE_READY, 1);
    write(QUEUE_READY, 0);
    assertThat(read(QUEUE_READY)).isEqualTo(1);
    assertThat(device.enabled()).containsExactly(0);
  }

  @Test
  void whatIsRefusedIsNamedOnceAndNotForEver() {
    try (LogLines said = new LogLines("virtio.bus.registers")) {
      write(0x000, 1);
      write(0x000, 1);
      registers.write(QUEUE_SIZE, 2, 2);
      assertThat(said.lines()).containsExactly("f0/0: refused: write to 0x0, which is no register to write",
          "f0/0: refused: access of 2 bytes at 0x38");
      for (int queue = 2; queue < 100; queue++) {
        write(QUEUE_SEL, queue);
        write(QUEUE_SIZE, queue);
      }
      assertThat(said.lines()).hasSize(8).last().asString().endsWith("nothing more is said of this driver");
    }
  }

  @Test
  void anythingAtAnyOffsetIsHarmless() {
    walk(0, 1);
    for (long offset = -8; offset < registers.size() + 16; offset++) {
      if (offset != STATUS) {
        for (int width = 1; width <= 8; width *= 2) {
          registers.write(offset, width, -1);
          registers.read(offset, width);
        }
      }
    }
    assertThat(read(STATUS)).isEqualTo(11);
    assertThat(device.rung()).isEmpty();
    assertThat(device.read(VirtioBlk.CAPACITY)).isEqualTo(-1);   // a field that the device lets be written
    write(QUEUE_NOTIFY, 1);
    assertThat(device.rung()).containsExactly("1 at 11");
  }

  @Test
  @Clause("MMIO Device Register Layout")
  void fieldsAreReadAndWrittenAsWideAsTheyAre() {
    assertThat(registers.read(CONFIG + 32, 1)).isEqualTo(1);
    registers.write(CONFIG + 32, 1, 0);
    assertThat(device.read(VirtioBlk.WRITEBACK)).isZero();
    registers.write(CONFIG + 20, 2, 0xFFFF);
    assertThat(device.read(VirtioBlk.BLK_SIZE)).isEqualTo(512);
    registers.write(CONFIG, 4, 7);
    assertThat(device.read(VirtioBlk.CAPACITY)).isEqualTo(0x8000_0000_0000_0007L);
  }

  @Test
  @Trap("T22")
  void nobodyIsShownAsAnEmptySlot() {
    assertThatThrownBy(() -> new MmioConfig().expose(new FakeRegisters(new DeviceId(0, 1)), machine.plug("none", Map.of())))
        .isInstanceOf(IllegalStateException.class).hasMessageContaining("type=0");
  }

  @Test
  void aDeviceThatIsNotShownAnyMoreReadsAllOnes() {
    exposed.close();
    assertThat(read(0)).isEqualTo(0xFFFF_FFFFL);
    write(STATUS, 1);
    assertThat(device.statuses()).isEmpty();
  }
}
