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
   * Whether the two halves meet in memory. If not, a queue needs no place: all that the device has are made before the driver looks for one,
   * and which of them are used is settled over the {@linkplain Link#channel channel}.
   */
  default boolean sharesMemory() {
    return true;
  }

  /**
   * The driver's half, as long as a driver holds the device. It touches nothing of the link before its first queue is made.
   *
   * @param dispatcher where a ring without interrupts of its own calls back: never on the stack of the operation that met the news
   */
  Rings<Virtqueue> driver(Link link, Executor dispatcher);

  /** The mirror of {@link #driver}, as long as the device is exposed: it may serve one driver after the other. */
  Rings<DeviceQueue> device(Link link, Executor dispatcher);

  /**
   * All rings of one device, one half: what they share (memory; a session on the channel) and what only the bus may do to them. One
   * thread at a time, the bus's control thread or the slot's, and never while an operation of one of the queues is under way.
   */
  @ConsumerType
  interface Rings<Q extends Queue> extends Registration {
    /**
     * The index of the configuration queue, for config handlers whose registers nobody can write. It may be made before {@link #accept}, uses
     * no feature, is LIVE at once, outlives {@link #stop}, and ends with {@link #close}.
     */
    int CONFIGURATION = 0xFFFE;

    /**
     * What was negotiated; the format looks at its own bits. Before the first queue, but for the configuration queue. On the device's half
     * again for each driver, after {@link #stop}: queues that were made for the one before are forgotten.
     */
    void accept(Features accepted);

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

    /** All queues are STOPPED, or, not confirmed, QUARANTINED; the configuration queue is not touched. */
    void stop(boolean confirmed);

    /** Frees the memory, or sets it aside if the stop was not confirmed. */
    @Override
    void close();
  }
}
