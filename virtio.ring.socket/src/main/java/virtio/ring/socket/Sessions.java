package virtio.ring.socket;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What sessions know of each other: numbers that are given out once, those that ended without a confirmation, and who serves which. Any
 * thread.
 */
final class Sessions {
  /** How many sessions that were never confirmed are asked about when another begins. */
  private static final int MOST_UNCONFIRMED = 8;

  private final ArrayDeque<Integer> unconfirmed = new ArrayDeque<>();
  private final List<Session> here = new CopyOnWriteArrayList<>();
  private int last;

  /** Numbers from anywhere on, so that two lives of this brick on one channel do not give out the same. */
  Sessions() {
    this(ThreadLocalRandom.current().nextInt());
  }

  /** @param before the number before the first */
  Sessions(int before) {
    last = before;
  }

  synchronized int next() {
    if (++last == 0) {
      last = 1;
    }
    return last;
  }

  /** A session has ended, and the device may still be at work for it. */
  synchronized void unconfirmed(int session) {
    if (!unconfirmed.contains(session)) {
      unconfirmed.addLast(session);
    }
    if (unconfirmed.size() > MOST_UNCONFIRMED) {
      unconfirmed.removeFirst();
    }
  }

  /** Those that a device must have done with before anything new is asked of it. */
  synchronized int[] unconfirmed() {
    return unconfirmed.stream().mapToInt(Integer::intValue).toArray();
  }

  void add(Session session) {
    here.add(session);
  }

  void remove(Session session) {
    here.remove(session);
  }

  /** All that are here. */
  List<Session> here() {
    return here;
  }
}
