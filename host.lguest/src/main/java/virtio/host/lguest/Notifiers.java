package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import virtio.bus.Signal;

/**
 * The guest's end of hypercalls that nobody waits for. Each notifier owns a slot of the ring for as long as somebody holds it: its
 * words are written once, and raising it is one store of the slot's status, which coalesces with one not yet served.
 */
final class Notifiers {
  private final MemorySegment memory;
  private final SleepWord host;
  private final Slots slots = new Slots();
  private volatile boolean gone;

  Notifiers(MemorySegment memory, SleepWord host) {
    this.memory = memory;
    this.host = host;
  }

  /**
   * The one for this call. IllegalStateException: all slots are in use.
   *
   * @param words the number and three arguments
   */
  Signal notifier(int[] words) {
    return slots.find(words);
  }

  /** From now on raising does nothing. */
  void leave() {
    gone = true;
  }

  private final class Slots {
    @SuppressWarnings({"unchecked", "rawtypes"})
    private final WeakReference<Notifier>[] held = new WeakReference[ControlPage.SLOTS];

    synchronized Notifier find(int[] words) {
      int unused = -1;
      for (int slot = 0; slot < held.length; slot++) {
        Notifier notifier = held[slot] == null ? null : held[slot].get();
        if (notifier != null && Arrays.equals(notifier.words, words)) {
          return notifier;
        }
        if (notifier == null && unused < 0) {
          unused = slot;
        }
      }
      if (unused < 0) {
        throw new IllegalStateException("notifiers=" + held.length + ": all in use");
      }
      Notifier made = new Notifier(unused, words);
      held[unused] = new WeakReference<>(made);
      return made;
    }
  }

  private final class Notifier implements Signal {
    private final int slot;
    private final int[] words;

    Notifier(int slot, int[] words) {
      this.slot = slot;
      this.words = words;
      for (int word = 0; word < words.length; word++) {
        ControlPage.intPlain(memory, ControlPage.call(slot, word), words[word]);
      }
    }

    @Override
    public void raise(int position) {
      if (gone) {
        return;
      }
      try {
        // Stored even where it is "ready" already: the host frees a slot before it looks at the ring, so either it sees what we
        // stored before this, or this store comes after its own and is seen next.
        ControlPage.statusRelease(memory, slot, ControlPage.READY);
        host.wake();
      } catch (IllegalStateException closed) {
        // The machine went between our look and the store: nobody is left to ring for.
        gone = true;
      }
    }
  }
}
