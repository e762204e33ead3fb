package virtio.bus;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A config brick: what the registers of a device look like on a bus, both halves; responsible for saying where queues lie. Registered as
 * a service with the property {@code virtio.config}, its name. {@link #open} after {@link #expose} is the identity: that is its contract
 * test. Any thread; the {@link DeviceConfig}s it makes say their own.
 */
@ConsumerType
public interface ConfigHandler {
  /** Feature bits it can carry. */
  default Features features() {
    return Features.ALL;
  }

  /**
   * Of the feature bits reserved for rings and transports, 24 to 43, those that it brings by itself: its device's half offers them, and its
   * driver's half accepts them where they are offered: how a doorbell is spelled (NOTIFICATION_DATA), for one.
   */
  default Features accepts() {
    return Features.NONE;
  }

  /** Null, or what this device lacks, for a message to a person: {@code "window 'entry'"}. */
  String lacks(BusDevice device);

  /** Who the device is, read without any effect on it; null when {@link #lacks} something, or nothing is there. */
  DeviceId identify(BusDevice device);

  /** Driver's half, of a device that the caller has claimed. Resets nothing; the bus does. IllegalStateException: what was found is no device. */
  DeviceConfig open(BusDevice device);

  /**
   * Device's half: lays {@code device} out on the slot, until closed; before {@link Slot#announce}. A handler that can tell what the driver has
   * read returns an {@link Exposure}.
   *
   * @throws IllegalStateException naming what the slot lacks, or what does not fit
   */
  Registration expose(DeviceConfig device, Slot slot);
}
