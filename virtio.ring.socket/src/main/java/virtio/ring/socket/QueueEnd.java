package virtio.ring.socket;

import virtio.bus.Queue;
import virtio.bus.RingFormat;
import virtio.bus.Violation;

/**
 * One queue of a session as the pump sees it: composes and takes its frames. All but {@link #deliver} is called inside the pump, or
 * exclusively beside it.
 */
abstract class QueueEnd {
  final Standing standing = new Standing();
  private final int index;
  /** Somebody is to be told that there is something to take. */
  private volatile boolean due;
  private volatile boolean failed;

  QueueEnd(int index) {
    this.index = index;
  }

  final int index() {
    return index;
  }

  final boolean isConfiguration() {
    return index == RingFormat.Rings.CONFIGURATION;
  }

  abstract Queue queue();

  /** Composes one frame, if one is owed and may go. @return whether it did */
  abstract boolean produce(FrameWriter writer);

  /** Takes one frame of this queue. @return what is wrong with it, or null */
  abstract Violation receive(Frame frame, FrameReader reader);

  /** The session is over: nothing of it is under way any more. */
  abstract void cut();

  /** The session met a violation: the queue breaks, on its next operation, or soon on the dispatcher. */
  final void broken(Violation cause) {
    standing.fault(cause);
    failed = true;
  }

  /** The queue is found broken on the dispatcher: its owner is told, unless that has been done. */
  abstract void tellBroken();

  /** There is something to take, whether or not the owner wants to be told. */
  final void due() {
    due = true;
  }

  /** Something came; the look at the owner's wish comes after it was published. */
  final void dueIfAsked() {
    if (standing.isAsked()) {
      due = true;
    }
  }

  final boolean hasNews() {
    return due || failed;
  }

  /** On the dispatcher: calls back. @return whether it must be called again */
  final boolean deliver() {
    if (failed) {
      failed = false;
      tellBroken();
    }
    if (due) {
      due = false;
      if (queue().signalled()) {
        due = true;
      }
    }
    return due;
  }
}
