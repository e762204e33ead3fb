package virtio.bus;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a device is, register by register. {@link ConfigHandler#open} makes one from a bus device; {@link ConfigHandler#expose} shows one
 * on a slot; the bus implements one over a {@link DeviceModel}. On the driver's side the bus's control thread alone calls it, but for
 * {@link #read}, {@link #write} and {@link #generation}, which any thread may; on the host's side it may be called from any thread and
 * answers at once.
 *
 * <p>Spec: virtio 1.4, "Basic Facilities of a Virtio Device"
 */
@ConsumerType
public interface DeviceConfig extends Registration {
  DeviceId id();

  Features offered();

  /** Before FEATURES_OK is written. */
  void accept(Features accepted);

  /**
   * The device status field. Reading has no effect.
   *
   * @return {@link virtio.bus.spec.DeviceStatus#GONE} when the device has gone
   */
  int status();

  /** Writing 0 starts a reset, which is confirmed once 0 is read. */
  void status(int bits);

  /** Changes whenever a field may have changed; any width, wraps. */
  int generation();

  /** On the host's side only: a handler that lays fields out needs the list; the driver's side names the field it wants. */
  List<Field> fields();

  /** Unsigned, but for 8 bytes. */
  long read(Field field);

  void write(Field field, long value);

  /** The largest size of that queue, 0 for none. Where the host has {@link #given} a place it is the size. */
  int queueSize(int index);

  /**
   * Whether the rings lie in shared memory. If not, no ring has a place: a handler whose host gives the rings gives none, and
   * {@link #enable} has nothing to tell. On the host's side only.
   */
  default boolean ringsInMemory() {
    return true;
  }

  /** Where the host has put that ring; {@link RingAreas#NONE}: it leaves that to the driver. */
  RingAreas given(int index);

  /** Tells the device that the queue is made; {@link RingAreas#NONE} where the ring shares no memory. Before DRIVER_OK. */
  void enable(int index, int size, RingAreas areas);

  /** This device's own doorbell for that queue: a register of the handler's, or the bus's native one. Kept by the ring. */
  Signal doorbell(int index);

  /**
   * Driver's half: how many requests the configuration queue of this device holds; 0 where there is none, as registers are written. Where
   * there is one, {@link #given} and {@link #doorbell} know it as queue {@link RingFormat.Rings#CONFIGURATION}.
   */
  default int configurationQueue() {
    return 0;
  }

  /**
   * Driver's half: the queue by which it writes from now on. From the bus, where there is one, after a reset and before anything else is
   * written.
   */
  default void configurationQueue(ConfigurationQueue queue) {}

  /**
   * Host's side: makes the device's half of the configuration queue, whose {@linkplain #doorbell doorbell} is that of queue
   * {@link RingFormat.Rings#CONFIGURATION}. Again for a driver that begins from nothing, after a reset by other means than the queue:
   * what was on it is forgotten. On the slot's thread, or before {@link Slot#announce}.
   *
   * @param areas where the ring lies, zeroed; {@link RingAreas#NONE} where rings share no memory
   * @throws IllegalStateException saying why there is none
   */
  default void configurationQueue(int size, RingAreas areas, ConfigurationQueue.Answers answers) {
    throw new IllegalStateException("this device makes no configuration queue");
  }

  /** Whom to tell; null for nobody: when this returns the old one is not called any more. */
  void listener(Listener listener);

  /** Driver's half: lets the bus device go, registers nothing, resets nothing. */
  @Override
  void close();

  /** Calls come on the transport's interrupt thread, or the slot's; may be spurious; must not block. */
  @ConsumerType
  interface Listener {
    /** That queue has used buffers. */
    void queue(int index);

    /** A field has changed, or DEVICE_NEEDS_RESET is set. */
    void changed();

    /** Host's side only: the device itself has changed its status (a reset is done, DEVICE_NEEDS_RESET). */
    default void status() {}
  }
}
