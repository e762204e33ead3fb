package virtio.ring.split;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import virtio.bus.Chain;
import virtio.bus.Virtqueue;
import virtio.testkit.Shows;
import virtio.testkit.Trap;

/**
 * The interleavings of callback and restart that random stress does not find, one by one: another thread's step runs inside a hook of the
 * ring, exactly between two steps of the dispatcher. Afterwards "on" must never stand beside "not asked", or the next completion
 * sleeps for ever.
 */
class CallbackOrderTest {
  /** A ring of nothing but a wish and a used count. */
  private static final class Probe extends Virtqueue {
    private boolean asked = true;
    private int used;
    private int got;
    private Runnable beforeMute = () -> {};
    private Runnable afterMute = () -> {};
    private Runnable afterAsk = () -> {};

    Probe(Callback callback) {
      super(0, 2, callback);
      start();
    }

    /** The other half's step: a completion, and an interrupt if that was asked for. */
    void complete() {
      used++;
      if (asked) {
        signalled();
      }
    }

    @Override
    protected int ask() {
      int from = got;
      asked = true;
      once(afterAsk, () -> afterAsk = () -> {});
      return from;
    }

    @Override
    protected void mute() {
      once(beforeMute, () -> beforeMute = () -> {});
      asked = false;
      once(afterMute, () -> afterMute = () -> {});
    }

    private static void once(Runnable step, Runnable forget) {
      forget.run();
      step.run();
    }

    @Override
    protected boolean pending(int from) {
      return used != from;
    }

    @Override
    public Object get() {
      return got == used ? null : Integer.valueOf(++got);
    }

    @Override
    public Added add(Chain chain, Object token) {
      return Added.FULL;
    }

    @Override
    public void sync() {}

    @Override
    public long written() {
      return 0;
    }

    @Override
    public boolean detach(Object token) {
      return false;
    }

    @Override
    protected void opened() {}
  }

  private final AtomicInteger calls = new AtomicInteger();

  private Probe answering(boolean answer) {
    return new Probe(queue -> {
      calls.incrementAndGet();
      return answer;
    });
  }

  /** On beside not asked: the flag would let a call through that the other half was told not to make. */
  private void neverOnAndMuted(Probe probe) {
    boolean asked = probe.asked;
    int before = calls.get();
    probe.signalled();
    boolean on = calls.get() > before;
    assertThat(on && !asked).as("on and muted: the next completion would sleep for ever").isFalse();
  }

  @Test
  @Shows("F14")
  @Trap("T04")
  void restartJustBeforeTheDispatcherMutes() {
    Probe probe = answering(false);
    probe.beforeMute = () -> assertThat(probe.restart()).isTrue();
    probe.signalled();
    assertThat(calls).as("the restart's callback").hasValue(1);
    neverOnAndMuted(probe);
  }

  @Test
  @Shows("F14")
  @Trap("T04")
  void restartBetweenTheSuppressionAndTheFlag() {
    Probe probe = answering(false);
    probe.afterMute = () -> assertThat(probe.restart()).isTrue();
    probe.signalled();
    assertThat(calls).as("the restart's callback").hasValue(1);
    neverOnAndMuted(probe);
  }

  @Test
  @Shows({"F14", "F22"})
  @Trap("T04")
  void restartWithWorkPendingJustBeforeTheDispatcherMutes() {
    Probe probe = answering(false);
    probe.beforeMute = () -> assertThat(probe.restart()).as("the owner looks, so nobody calls it").isFalse();
    probe.complete();
    assertThat(calls).hasValue(0);
    assertThat(probe.get()).isNotNull();
    assertThat(probe.restart()).isTrue();
    probe.complete();
    assertThat(calls).hasValue(1);
  }

  @Test
  @Shows("F14")
  @Trap("T04")
  void restartWhileTheCallbackRuns() {
    Probe[] probe = new Probe[1];
    probe[0] = new Probe(queue -> {
      calls.incrementAndGet();
      while (probe[0].get() != null) {
        assertThat(probe[0].got).isLessThanOrEqualTo(probe[0].used);
      }
      assertThat(queue.restart()).isTrue();
      return false;
    });
    for (int i = 1; i <= 3; i++) {
      probe[0].complete();
      assertThat(calls).hasValue(i);
    }
  }

  @Test
  @Shows("F22")
  void aCompletionBetweenAskingAndLooking() {
    Probe probe = answering(false);
    probe.complete();
    probe.get();
    probe.afterAsk = () -> probe.used++;
    assertThat(probe.restart()).as("pending").isFalse();
    assertThat(probe.get()).isNotNull();
  }

  /** The callback returned true; the dispatcher asks; before it looks, the owner, elsewhere, gets what was there. */
  @Test
  @Shows({"F14", "F22"})
  void theOwnerGoesOnBetweenTheDispatchersAskingAndLooking() {
    Probe probe = answering(true);
    probe.afterAsk = () -> {
      probe.used++;
      probe.get();
    };
    probe.signalled();
    assertThat(calls.get()).as("the dispatcher looked from where it had asked, not from where the owner is").isGreaterThan(1);
    neverOnAndMuted(probe);
  }

  @Test
  @Shows("F14")
  void trueIsBoundedAndReposted() {
    Probe probe = answering(true);
    probe.used = 1;
    assertThat(probe.signalled()).as("more, later").isTrue();
    assertThat(calls.get()).isBetween(2, 1000);
    assertThat(probe.signalled()).isTrue();
    probe.get();
    assertThat(probe.signalled()).isFalse();
  }

  @Test
  void aSignalDuringACallbackIsNotLost() {
    Probe[] probe = new Probe[1];
    probe[0] = new Probe(queue -> {
      if (calls.incrementAndGet() == 1) {
        queue.restart();
        probe[0].signalled();
      }
      return false;
    });
    probe[0].signalled();
    assertThat(calls).hasValue(2);
  }
}
