package virtio.config.mmio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import virtio.bus.BusDevice;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Features;
import virtio.bus.RingAreas;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.spec.DeviceStatus;
import virtio.testkit.Clause;
import virtio.testkit.Shows;
import virtio.testkit.Trap;
import virtio.testkit.fake.FakeMachine;

/** The driver's half over registers that are plain memory, and write down what is done to them. */
@Timeout(60)
class DriverHalfTest {
  private final FakeMachine machine = new FakeMachine("f0");
  private final Slot slot = machine.plug("device", Map.of());
  private final Slot.Line line = slot.line();
  private final Plain registers = new Plain();
  private final MmioConfig handler = new MmioConfig();
  private final BusDevice device = machine.device(slot);
  private DeviceConfig config;

  DriverHalfTest() {
    registers.words.putAll(Map.of(0x000, 0x7472_6976L, 0x004, 2L, 0x008, 2L, 0x00C, 0x554D_4551L, 0x034, 64L, 0x044, 0L));
    slot.window("mmio", registers);
  }

  /** Registers of 32 bits that keep what is written; QueueReady as a device has it. */
  private static final class Plain implements Window {
    final Map<Integer, Long> words = new TreeMap<>();
    final List<String> log = new ArrayList<>();

    @Override
    public long size() {
      return 0x200;
    }

    @Override
    public synchronized long read(long offset, int width) {
      if (width != 4 && offset < 0x100 || offset % width != 0) {
        log.add("read of %d bytes at %x".formatted(width, offset));
      }
      return words.getOrDefault((int) offset, 0L);
    }

    @Override
    public synchronized void write(long offset, int width, long value) {
      log.add("%03x=%x".formatted(offset, value));
      if (offset == 0x064) {
        words.merge(0x060, value, (status, done) -> status & ~done);
      }
      words.put((int) offset, value);
    }
  }

  @AfterEach
  void close() {
    if (config != null) {
      config.close();
    }
    machine.close();
  }

  private DeviceConfig open() {
    config = handler.open(device);
    return config;
  }

  private void set(int register, long value) {
    synchronized (registers) {
      registers.words.put(register, value);
    }
  }

  @Test
  @Trap("T22")
  @Clause("MMIO Device Register Layout")
  void anEmptySlotIsIgnoredWithoutAWord() {
    set(0x008, 0);
    assertThat(handler.lacks(device)).isNull();
    assertThat(handler.identify(device)).isNull();
    assertThat(registers.log).isEmpty();
  }

  @Test
  @Clause("MMIO Device Register Layout")
  void whatHasNotTheMagicValueIsNobody() {
    set(0x000, 0x7472_6975L);
    assertThat(handler.identify(device)).isNull();
    assertThatThrownBy(this::open).isInstanceOf(IllegalStateException.class).hasMessageContaining("magic=0x74726975");
  }

  @ParameterizedTest
  @CsvSource({"1, legacy", "3, version=3"})
  @Clause("Legacy interface")
  void anotherVersionIsRefusedByName(int version, String word) {
    set(0x004, version);
    assertThat(handler.identify(device)).isEqualTo(new DeviceId(2, 0x554D_4551));
    assertThatThrownBy(this::open).isInstanceOf(IllegalStateException.class).hasMessageContaining(word);
  }

  @ParameterizedTest
  @CsvSource({"2, 0x554D4551", "0x3456, 0x1AF4", "0x3456, 0x1234"})
  @Shows({"F09", "F10"})
  void anyTypeAndVendorHasRoom(int type, int vendor) {
    set(0x008, type);
    set(0x00C, vendor);
    assertThat(handler.identify(device)).isEqualTo(new DeviceId(type, vendor));
    assertThat(registers.log).isEmpty();
  }

  @Test
  @Clause("Virtqueue Configuration")
  void aQueueIsMadeInTheOrderOfTheSpecification() {
    open();
    assertThat(config.queueSize(1)).isEqualTo(64);
    registers.log.clear();
    config.enable(1, 16, new RingAreas(0x1_2345_6000L, 0x2_3456_7000L, 0x3_4567_8000L));
    assertThat(registers.log).containsExactly("030=1", "038=10", "080=23456000", "084=1", "090=34567000", "094=2", "0a0=45678000",
        "0a4=3", "044=1");
  }

  @Test
  @Trap("T22")
  @Clause("Virtqueue Configuration")
  void aQueueThatIsInUseAfterAResetIsRefused() {
    open();
    set(0x044, 1);
    assertThatThrownBy(() -> config.enable(0, 16, RingAreas.NONE)).isInstanceOf(IllegalStateException.class).hasMessageContaining("queue=0");
  }

  @Test
  @Clause("Available Buffer Notifications")
  void aDoorbellTellsThePositionWhereThatWasNegotiated() {
    open();
    config.doorbell(1).raise(0x1_8002);
    assertThat(registers.log.getLast()).isEqualTo("050=1");
    config.accept(Features.of(32, 38));
    registers.log.clear();
    config.doorbell(1).raise(0x1_8002);
    assertThat(registers.log).containsExactly("050=80020001");
    assertThat(handler.accepts()).isEqualTo(Features.of(38));
    assertThat(handler.features().has(39)).isFalse();
  }

  @Test
  @Trap("T21")
  @Clause("Notifications From The Device")
  void oneInterruptMayMeanBothAndIsAcknowledgedByWhatItMeant() throws InterruptedException {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    open();
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
    config.enable(0, 16, RingAreas.NONE);
    set(0x044, 0);
    config.enable(1, 16, RingAreas.NONE);
    set(0x060, 3);
    line.raise(0);
    assertThat(List.of(next(told), next(told), next(told))).containsExactly("queue 0", "queue 1", "changed");
    assertThat(registers.log).endsWith("064=3");
    set(0x060, 2);
    line.raise(0);
    assertThat(next(told)).isEqualTo("changed");
    assertThat(told).isEmpty();
  }

  private static String next(LinkedBlockingQueue<String> told) throws InterruptedException {
    return String.valueOf(told.poll(10, TimeUnit.SECONDS));
  }

  @Test
  @Trap("T18")
  void aDeviceThatHasGoneReadsGone() {
    open();
    slot.close();
    assertThat(config.status()).isEqualTo(DeviceStatus.GONE);
    assertThat(config.queueSize(0)).isZero();
    assertThatThrownBy(() -> handler.open(device)).isInstanceOf(IllegalStateException.class).hasMessageContaining("no device");
  }
}
