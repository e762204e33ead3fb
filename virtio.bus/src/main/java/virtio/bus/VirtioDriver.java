package virtio.bus;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A driver brick. Registered as a service with the property {@code virtio.driver}, its name. Stateless; what it binds is
 * {@link Attached}.
 *
 * @param <P> the upper protocol's port, which outlives any binding: {@code virtio.block.BlockPort}
 */
@ConsumerType
public interface VirtioDriver<P> {
  /** The id table; the first entry that covers the device's id wins. None: it binds nothing. */
  List<Entry> table();

  /** Of its device type; the ring's and the transport's bits are not its business. */
  Features features();

  /** Of these, the ones that are of use only where both halves meet in memory: not accepted over a ring that shares none. */
  default Features inMemory() {
    return Features.NONE;
  }

  /** Pairs {bit, bit it requires}, of its device type. */
  default int[][] requires() {
    return new int[0][];
  }

  Class<P> port();

  /**
   * The bus has walked to FEATURES_OK. The driver makes its queues, calls {@link VirtioDevice#ready}, tells the port. On the bus's control
   * thread. What it throws becomes FAILED, a reset, and the attachment's state line.
   */
  Attached probe(VirtioDevice device, Entry entry, P port);

  /**
   * One line of the id table.
   *
   * @param data the driver's own, back at {@link #probe}; may be null
   */
  record Entry(DeviceId id, Object data) {}

  /** A bound device. All calls come on the bus's control thread. */
  @ConsumerType
  interface Attached {
    /** Only after {@link VirtioDevice#ready}; several changes may come as one. */
    void configChanged();

    /** Told once; {@link #remove} follows when the port lets go. */
    void failed(Failure cause);

    /** Takes what was used, resets the device, hands the rest back to the port. Idempotent; bounded by the reset's deadline. */
    void remove();
  }
}
