package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A transport brick: finds devices on the machines of its kind. Registered as a service with the property {@code virtio.transport}, its
 * name. Knows no virtio beyond where an entry begins and ends.
 */
@ConsumerType
public interface Transport {
  /** Feature bits that a device on it may be given: ORDER_PLATFORM, for one, only over coherent memory. */
  default Features features() {
    return Features.ALL;
  }

  /** Tells of each device present, then of each that comes or goes, once and in order, from one thread at a time, until closed. */
  Registration watch(Listener listener);

  /** Must not block. */
  @ConsumerType
  interface Listener {
    void appeared(BusDevice device);

    /**
     * Somebody wants to take it out, and waits: it works until it is let go, and {@link #disappeared} follows. Nobody can claim it any more.
     * Who has it finishes what was begun; who takes too long loses it.
     */
    default void leaving(BusDevice device) {}

    /** It may have been pulled without notice: registers read all ones from here on, or fail. */
    void disappeared(BusDevice device);
  }
}
