package virtio.config.tlv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import virtio.bus.BusDevice;
import virtio.bus.ConfigHandler;
import virtio.bus.DeviceConfig;
import virtio.bus.DeviceId;
import virtio.bus.Exposure;
import virtio.bus.Features;
import virtio.bus.RingAreas;
import virtio.bus.Slot;
import virtio.bus.Window;
import virtio.bus.spec.VirtioBlk;
import virtio.testkit.ConfigHandlerContract;
import virtio.testkit.Shows;
import virtio.testkit.fake.FakeMachine;
import virtio.testkit.fake.FakeRegisters;

/** The contract with the entry as registers, as in a base address region. */
class OverRegistersTest extends ConfigHandlerContract {
  private final FakeMachine machine = new FakeMachine("f0").registersOnly();
  private final TlvConfig handler = new TlvConfig();

  @Override
  protected ConfigHandler handler() {
    return handler;
  }

  @Override
  protected Slot plug() {
    return machine.plug("device", Map.of());
  }

  @Override
  protected BusDevice find(Slot announced) {
    return machine.device(announced);
  }

  @AfterEach
  void end() {
    machine.close();
  }

  private final FakeRegisters disk = new FakeRegisters(new DeviceId(2, 0x1AF4)).offers(Features.of(32)).has(VirtioBlk.CAPACITY, 8)
      .queue(0, 64);

  @Test
  @Shows({"F32", "F33", "F36"})
  void theDriverChoosesWhereQueuesLie() {
    Slot slot = plug();
    try (Exposure exposed = handler.expose(disk, slot)) {
      DeviceConfig config = handler.open(find(slot));
      assertThat(config.given(0)).isEqualTo(RingAreas.NONE);
      assertThatThrownBy(() -> config.enable(0, 128, new RingAreas(1, 2, 3))).isInstanceOf(IllegalArgumentException.class);
      config.status(3);
      config.accept(Features.of(32));
      config.status(11);
      RingAreas high = new RingAreas(0xFEDC_BA98_7654_3000L, 0xFEDC_BA98_7654_4000L, 0xFEDC_BA98_7654_5000L);
      config.enable(0, 16, high);
      config.status(15);
      assertThat(disk.areas(0)).isEqualTo(high);
      assertThat(disk.size(0)).isEqualTo(16);
      assertThat(exposed.understood().fields()).contains(new Exposure.FieldRead("place", true), new Exposure.FieldRead("capacity", false));
      config.close();
    }
  }

  @Test
  void aQueueThatIsReadyButNowhereIsNotEnabled() {
    Slot slot = plug();
    try (Exposure exposed = handler.expose(disk, slot)) {
      Window window = find(slot).window("tlv");
      DeviceConfig config = handler.open(find(slot));
      config.status(11);
      FieldTable.Located ready = FieldTable.of(window).first(Tlv.QUEUES);
      window.write(ready.data(), 4, 0xFFFF_FFFFL);
      config.status(15);
      assertThat(disk.enabled()).isEmpty();
      assertThat(exposed.understood().acknowledged()).isEqualTo(Features.NONE);
    }
  }

  /** A driver may mark, acknowledge, and write what is there to be written; all else stays as the host has it. */
  @Test
  void whatIsNotTheDriversStaysAsItIs() {
    Slot slot = plug();
    try (Exposure exposed = handler.expose(disk, slot)) {
      Window window = find(slot).window("tlv");
      FieldTable before = FieldTable.of(window);
      Random random = new Random(3);
      for (int round = 0; round < 5_000; round++) {
        int offset = random.nextInt((int) window.size());
        int width = 1 << random.nextInt(4);
        if (offset > Tlv.STATUS || offset + width <= Tlv.STATUS) {
          window.write(offset, width, random.nextLong());
        }
      }
      assertThat(FieldTable.of(window)).isEqualTo(before);
      assertThat(handler.identify(find(slot))).isEqualTo(new DeviceId(2, 0x1AF4));
      DeviceConfig config = handler.open(find(slot));
      config.status(0);
      assertThat(config.offered()).isEqualTo(Features.of(32));
      assertThat(config.queueSize(0)).isEqualTo(64);
      assertThat(exposed.understood().acknowledged()).as("a reset clears it").isEqualTo(Features.NONE);
    }
  }
}
