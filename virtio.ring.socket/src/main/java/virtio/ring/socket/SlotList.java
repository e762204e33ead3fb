package virtio.ring.socket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Slots on their way from one thread to another, in order: one puts and publishes, one takes. Holds as many as there are slots, so it is
 * never full. Allocates nothing after it is made.
 */
final class SlotList {
  private static final VarHandle PUBLISHED;
  private static final VarHandle TAKEN;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      PUBLISHED = lookup.findVarHandle(SlotList.class, "published", int.class);
      TAKEN = lookup.findVarHandle(SlotList.class, "taken", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int[] slots;
  private final int mask;
  /** The putter's. */
  private int filled;
  private volatile int published;
  private volatile int taken;

  SlotList(int size) {
    int room = Integer.highestOneBit(Math.max(1, size - 1)) << 1;
    slots = new int[room];
    mask = room - 1;
  }

  // Who puts.

  /** Not seen before {@link #publish}. */
  void put(int slot) {
    slots[filled++ & mask] = slot;
  }

  /** @return how many are new to the other side */
  int publish() {
    int news = filled - (int) PUBLISHED.getOpaque(this);
    PUBLISHED.setRelease(this, filled);   // slots, and what is known of them, before the index; pairs with the acquire in isEmpty
    return news;
  }

  int unpublished() {
    return filled - (int) PUBLISHED.getOpaque(this);
  }

  /** One of those, from 0 on. */
  int unpublished(int at) {
    return slots[(int) PUBLISHED.getOpaque(this) + at & mask];
  }

  /** Takes back one that is not published. */
  void retract(int slot) {
    int end = filled;
    for (int at = (int) PUBLISHED.getOpaque(this); at != end; at++) {
      if (slots[at & mask] == slot) {
        for (; at + 1 != end; at++) {
          slots[at & mask] = slots[at + 1 & mask];
        }
        filled = end - 1;
        return;
      }
    }
  }

  // Who takes.

  boolean isEmpty() {
    return (int) TAKEN.getOpaque(this) == (int) PUBLISHED.getAcquire(this);
  }

  /** The next one; there must be one. */
  int peek() {
    return slots[(int) TAKEN.getOpaque(this) & mask];
  }

  int poll() {
    int at = (int) TAKEN.getOpaque(this);
    int slot = slots[at & mask];
    TAKEN.setRelease(this, at + 1);
    return slot;
  }

  // Anyone.

  /** How many were ever taken; wraps. */
  int position() {
    return (int) TAKEN.getOpaque(this);
  }

  /** The one at that position, if it was published; else any that was. */
  int at(int position) {
    return slots[position & mask];
  }

  /** How many were ever published; wraps. */
  int end() {
    return (int) PUBLISHED.getAcquire(this);
  }
}
