package virtio.bus;

import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A host in this JVM: takes devices. Registered as a service with the property {@code virtio.host}, its name. A
 * host outside (QEMU) only registers a {@link Machine}. Any thread.
 */
@ConsumerType
public interface Host {
  String name();

  /** The kind of bus it offers, as faces spell it: {@code "lguest"}. */
  String transport();

  /**
   * A new place on the bus; nobody sees it until {@link Slot#announce}.
   *
   * @param device the device's name, for messages and the slot's thread; a device with several faces has a slot for each
   * @param properties what the host may want to know; unknown ones are ignored
   * @return null when the bus is full
   */
  Slot plug(String device, Map<String, Object> properties);
}
