package virtio.bus.registers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtio.bus.DeviceId;
import virtio.testkit.fake.FakeRegisters;
import virtio.testkit.fake.ForwardingConfig;
import virtio.testkit.fake.PlainBus;

class QueueLinesTest {
  private final FakeRegisters device = new FakeRegisters(new DeviceId(2, 0x1AF4)).queue(0, 8).queue(1, 8).queue(2, 8);
  private final PlainBus bus = PlainBus.empty(1);

  private QueueLines with(int interrupts) {
    bus.lines = interrupts;
    return new QueueLines(device, bus.slot());
  }

  private List<Integer> places(QueueLines lines) {
    return List.of(lines.place(0, -1), lines.place(1, -1), lines.place(2, -1), lines.configurationPlace());
  }

  @Test
  void eachHasItsOwnAndWhenThereAreNoMoreTheFirst() {
    assertThat(places(with(31))).containsExactly(1, 2, 3, 4);
    assertThat(places(with(3))).containsExactly(1, 2, 3, 1);
    assertThat(places(with(2))).containsExactly(1, 2, 1, 1);
    assertThat(places(with(1))).containsExactly(1, 1, 1, 1);
    assertThatThrownBy(() -> with(0)).isInstanceOf(IllegalStateException.class).hasMessage("plain/0: no interrupt is left");
  }

  @Test
  void eachRaisesItsOwn() {
    QueueLines lines = with(31);
    List<Integer> raised = new ArrayList<>();
    for (int line = 1; line < 32; line++) {
      int number = line;
      bus.device().interrupts().get(line).register(() -> raised.add(number));
    }
    lines.raise(2);
    lines.raise(0);
    lines.raiseConfiguration();
    lines.raise(3);
    assertThat(raised).containsExactly(3, 1, 4);
  }

  @Test
  void queuesThatShareNoMemoryHaveNone() {
    QueueLines lines = new QueueLines(new ForwardingConfig(device) {
      @Override
      public boolean ringsInMemory() {
        return false;
      }
    }, bus.slot());
    lines.doorbells(GivenRings.of(bus.slot(), 8));
    assertThat(bus.log).isEmpty();
    assertThat(lines.place(0, 0xFFFF)).isEqualTo(0xFFFF);
    assertThat(lines.configurationPlace()).isEqualTo(1);
    lines.raise(0);
  }

  @Test
  void doorbellsEndWithIt() {
    QueueLines lines = with(31);
    lines.doorbells(GivenRings.of(bus.slot(), 8, 8));
    lines.doorbell(7, () -> { });
    assertThat(bus.log).containsExactly("DOORBELL 4001000", "DOORBELL 4003000", "DOORBELL 2", "DOORBELL 7");
    lines.close();
    assertThat(bus.log).endsWith("CLOSED 4001000", "CLOSED 4003000", "CLOSED 2", "CLOSED 7");
  }
}
