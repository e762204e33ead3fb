package virtio.testkit.fake;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import virtio.bus.Chain;

/** What the two halves of a {@link FlawedRing} share: buffers on their way, and each half's wish to be told. */
final class FakeWire {
  /** A buffer, and what became of it. */
  static final class Buffer {
    final Chain chain;
    final Object token;
    long written;

    Buffer(Chain chain, Object token) {
      this.chain = chain;
      this.token = token;
    }
  }

  final ConcurrentLinkedQueue<Buffer> available = new ConcurrentLinkedQueue<>();
  final ConcurrentLinkedQueue<Buffer> used = new ConcurrentLinkedQueue<>();
  /** The driver wants to hear of used buffers. */
  volatile boolean driverAsks = true;
  /** The device wants to hear of available buffers. */
  volatile boolean deviceAsks = true;
  /** The device has done wrong. */
  volatile boolean wrong;

  /** Moves all from a half's private list to the other half. */
  static int hand(ArrayDeque<Buffer> from, ConcurrentLinkedQueue<Buffer> to) {
    int count = from.size();
    to.addAll(from);
    from.clear();
    return count;
  }
}
