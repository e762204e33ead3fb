package virtio.host.lguest;

import static org.assertj.core.api.Assertions.assertThat;
import static virtio.host.lguest.MachineRig.await;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import virtio.bus.Registration;
import virtio.bus.Slot;

/** Lines and their handlers. */
@Timeout(60)
class InterruptsTest {
  private final BothEnds ends = new BothEnds();
  private final LguestHost host = ends.host;
  private final GuestMachine guest = ends.guest;

  @AfterEach
  void close() {
    ends.close();
  }

  @Test
  void whenARegistrationIsClosedItsHandlerDoesNotRun() {
    AtomicInteger inside = new AtomicInteger();
    for (int round = 0; round < 500; round++) {
      AtomicInteger calls = new AtomicInteger();
      Registration registration = guest.interrupt(5).register(() -> {
        inside.incrementAndGet();
        calls.incrementAndGet();
        inside.decrementAndGet();
      });
      host.raise(5);
      if (round % 2 == 0) {
        await(() -> calls.get() > 0);
      }
      registration.close();
      assertThat(inside).hasValue(0);
      int then = calls.get();
      host.raise(5);
      assertThat(calls).hasValue(then);
    }
  }

  @Test
  void aHandlerMayCloseItself() {
    AtomicInteger calls = new AtomicInteger();
    Registration[] self = new Registration[1];
    self[0] = guest.interrupt(6).register(() -> {
      calls.incrementAndGet();
      self[0].close();
    });
    AtomicInteger beside = new AtomicInteger();
    guest.interrupt(6).register(beside::incrementAndGet);
    host.raise(6);
    await(() -> beside.get() == 1);
    host.raise(6);
    await(() -> beside.get() == 2);
    assertThat(calls).hasValue(1);
  }

  @Test
  void linesAreGivenOutOnceAndComeBack() {
    Slot slot = host.plug("disk0", Map.of());
    for (int number = 1; number <= 30; number++) {
      assertThat(slot.line().place()).isEqualTo(number);
    }
    assertThat(slot.line()).isNull();
    slot.close();
    assertThat(host.plug("disk1", Map.of()).line().place()).isEqualTo(1);
    assertThat(guest.interrupt(0)).isNull();
    assertThat(guest.interrupt(32)).isNull();
  }
}
