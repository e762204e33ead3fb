package virtio.bus;

import java.util.concurrent.Executor;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A ring brick: makes either half. Registered as a service with the property {@code virtio.ring}, its name. Stateless; any thread.
 */
@ConsumerType
public interface RingFormat {
  /** Of the feature bits reserved for rings and transports, 24 to 43, those this format understands. No others of them are ever accepted. */
  Features features();

  /** Null, or what this link lacks, for a message to a person: {@code "shared memory"}. */
  String lacks(Link link);

  /**
   * @param accepted what was negotiated; the format looks at its own bits
   * @param dispatcher where a ring without interrupts of its own calls back: never on the stack of the operation that met the news
   */
  Rings<Virtqueue> driver(Link link, Features accepted, Executor dispatcher);

  /** The mirror of {@link #driver}. */
  Rings<DeviceQueue> device(Link link, Features accepted, Executor dispatcher);

  /**
   * All rings of one device, one half: what they share (memory; a session on the channel) and what only the bus may do to them. One
   * thread at a time, the bus's control thread or the slot's, and never while an operation of one of the queues is under way.
   */
  @ConsumerType
  interface Rings<Q extends Queue> extends Registration {
    /**
     * Makes a queue.
     *
     * @param size as many buffers; a ring may allow powers of two only: IllegalArgumentException otherwise
     * @param areas where the ring lies; {@link RingAreas#NONE}: this half allocates it. Not granted or not aligned:
     *     IllegalArgumentException
     * @param signal tells the other half
     * @return null when memory ran out
     */
    Q queue(int index, int size, RingAreas areas, Signal signal, Queue.Callback callback);

    /** Where the other half finds it: the areas that were given, or those chosen; {@link RingAreas#NONE} for a ring that shares no memory. */
    RingAreas areas(int index);

    /** Whether what was opened is ready for DRIVER_OK. Polled by the bus, with a deadline. */
    boolean settled();

    /** DRIVER_OK: opens the doorbells' gates, and rings once per queue that has something. */
    void start();

    /** Begins or continues to stop; true when nothing of this ring is under way. Polled by the bus, beside the status register. */
    boolean reset();

    /** All queues are STOPPED, or, not confirmed, QUARANTINED. */
    void stop(boolean confirmed);

    /** Frees the memory, or sets it aside if the stop was not confirmed. */
    @Override
    void close();
  }
}
