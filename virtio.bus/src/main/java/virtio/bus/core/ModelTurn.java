package virtio.bus.core;

import java.util.concurrent.atomic.AtomicReference;

/** Which of a model's faces serves a driver: one at a time. */
final class ModelTurn {
  private final AtomicReference<HostedDevice> holder = new AtomicReference<>();

  boolean take(HostedDevice face) {
    return holder.get() == face || holder.compareAndSet(null, face);
  }

  void leave(HostedDevice face) {
    holder.compareAndSet(face, null);
  }

  /** Where the one that serves is, for a message. */
  String holder() {
    HostedDevice face = holder.get();
    return face == null ? "no slot" : face.slotName();
  }
}
