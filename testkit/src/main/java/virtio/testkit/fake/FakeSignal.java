package virtio.testkit.fake;

import java.util.concurrent.atomic.AtomicInteger;
import virtio.bus.Signal;

/** A signal that counts, and does what a test wants done at that moment: the other half hears of it only when the test delivers it. */
public final class FakeSignal implements Signal {
  private final AtomicInteger raised = new AtomicInteger();
  private volatile int delivered;
  private volatile Runnable meanwhile = () -> {};

  @Override
  public void raise(int position) {
    raised.incrementAndGet();
    meanwhile.run();
  }

  /** How often it was raised. */
  public int count() {
    return raised.get();
  }

  /** Whether it was raised since this was last asked; as a line that coalesces. */
  public boolean deliver() {
    int now = raised.get();
    boolean news = now != delivered;
    delivered = now;
    return news;
  }

  /** Runs on the stack of whoever raises it, from now on. */
  public void meanwhile(Runnable action) {
    meanwhile = action;
  }
}
