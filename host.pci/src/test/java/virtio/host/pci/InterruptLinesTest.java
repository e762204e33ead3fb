package virtio.host.pci;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.BusDevice;
import virtio.bus.Message;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.testkit.Await;

/** Pins and messages, from the device that raises them to the handler. */
@Timeout(60)
class InterruptLinesTest {
  private final BothEnds ends = new BothEnds();

  @AfterEach
  void close() {
    ends.close();
  }

  private static void eventually(BooleanSupplier condition) {
    assertThat(Await.that(BothEnds.PATIENCE, condition)).isTrue();
  }

  private Slot withPin(String name) {
    Slot slot = ends.host.plug(name, Map.of());
    slot.function().identity(0x1042, 0x1AF4, 2, 0x018000);
    slot.announce();
    return slot;
  }

  @Test
  void aPinThatIsUpCallsUntilItIsDown() {
    Slot slot = withPin("disk0");
    BusDevice device = ends.held(slot);
    AtomicInteger calls = new AtomicInteger();
    slot.function().pin(true);
    Registration handler = device.interrupts().getLast().register(() -> {
      if (calls.incrementAndGet() == 5) {
        slot.function().pin(false);
      }
    });
    eventually(() -> calls.get() >= 5);
    handler.close();
    int then = calls.get();
    slot.function().pin(true);
    AtomicInteger other = new AtomicInteger();
    ends.host.machine().interrupt(1).register(other::incrementAndGet);
    slot.function().pin(false);
    assertThat(calls).as("with no handler the pin is switched off").hasValue(then);
    assertThat(other).hasValue(0);
  }

  @Test
  void aPinThatNobodyQuietsDoesNotHoldUpTheOthers() {
    Slot stuck = withPin("stuck");
    BusDevice first = ends.held(stuck);
    first.interrupts().getLast().register(() -> { });
    stuck.function().pin(true);
    Slot second = withPin("second");
    BusDevice device = ends.held(second);
    AtomicInteger calls = new AtomicInteger();
    Slot.Line line = second.line();
    device.interrupts().get(line.place()).register(calls::incrementAndGet);
    for (int i = 0; i < 20; i++) {
      int before = calls.get();
      line.raise(0);
      eventually(() -> calls.get() > before);
    }
  }

  @Test
  void thePinIsSilentWhileMessagesAreOn() {
    Slot slot = withPin("disk0");
    BusDevice device = ends.held(slot);
    AtomicInteger pins = new AtomicInteger();
    AtomicInteger messages = new AtomicInteger();
    Slot.Line line = slot.line();
    device.interrupts().getLast().register(pins::incrementAndGet);
    assertThat(slot.function().messages()).isFalse();
    Registration vector = device.interrupts().get(line.place()).register(messages::incrementAndGet);
    assertThat(slot.function().messages()).isTrue();
    slot.function().pin(true);
    line.raise(0);
    eventually(() -> messages.get() > 0);
    assertThat(pins).hasValue(0);
    vector.close();
    eventually(() -> pins.get() > 0);
    slot.function().pin(false);
  }

  @Test
  void messagesAreTheMachinesUntilTheyRunOut() {
    Message first = ends.host.machine().message();
    int out = 1;
    for (Message next = ends.host.machine().message(); next != null; next = ends.host.machine().message()) {
      assertThat(next.address()).isNotEqualTo(first.address());
      out++;
    }
    assertThat(out).isEqualTo(MachineMemory.PAGE / Integer.BYTES);
    first.close();
    assertThat(ends.host.machine().message().address()).isEqualTo(first.address());
    assertThat(ends.host.machine().interrupt(5)).isNull();
    assertThat(ends.host.machine().interrupt(-1)).isNull();
  }

  @Test
  void aMessageToNowhereHarmsNobody() {
    assertThat(ends.host.memory().message(0, 1)).isFalse();
    assertThat(ends.host.memory().message(AddressMap.MEMORY + 2, 1)).isFalse();
    assertThat(ends.host.memory().message(-4, 1)).isFalse();
    assertThat(ends.host.memory().message(AddressMap.MEMORY + (24L << 20), 1)).isFalse();
    assertThat(ends.host.memory().message(AddressMap.MEMORY + 8, 1)).isTrue();
  }
}
