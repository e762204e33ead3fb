package virtio.bus.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import virtio.bus.Interrupt;
import virtio.bus.Registration;

class HoldTest {
  private final List<String> order = new ArrayList<>();
  private final Hold hold = new Hold("m0/0");
  private final Interrupt source = handler -> () -> order.add("handler ended");

  @Test
  void aClaimTakesItsHandlersWithIt() throws InterruptedException {
    Registration claim = hold.claim(() -> order.add("releasing"), () -> order.add("released"));
    Registration early = hold.register(source, () -> { }, () -> { });
    early.close();
    early.close();
    hold.register(source, () -> { }, () -> order.add("ending"));
    assertThat(hold.claimed()).isTrue();
    assertThat(hold.awaitFree(1)).isFalse();
    claim.close();
    claim.close();
    assertThat(order).containsExactly("handler ended", "releasing", "ending", "handler ended", "released");
    assertThat(hold.awaitFree(0)).isTrue();
  }

  @Test
  void whoHasItKeepsItWhenItIsOver() {
    Registration claim = hold.claim(() -> { }, () -> { });
    assertThatThrownBy(() -> hold.claim(() -> { }, () -> { })).isInstanceOf(IllegalStateException.class).hasMessage("device=m0/0: taken");
    hold.end();
    assertThatThrownBy(() -> hold.claim(() -> { }, () -> { })).isInstanceOf(IllegalStateException.class).hasMessage("device=m0/0: gone");
    claim.close();
    assertThatThrownBy(() -> hold.claim(() -> { }, () -> { })).isInstanceOf(IllegalStateException.class).hasMessage("device=m0/0: gone");
  }
}
