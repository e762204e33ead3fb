package virtio.bus;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A device laid out by a config handler that can tell, from the host's side, what its driver makes of it. What {@link ConfigHandler#expose}
 * returns where the bus's layout says so much.
 *
 * <p>Source: the message "virtio_config", September 2007: "fields get marked as the device reads them so a host supporting some future
 * extension can tell if the guest driver understood it"
 */
@ConsumerType
public interface Exposure extends Registration {
  /** What the driver has read and acknowledged since the last reset. Any thread. */
  Understood understood();

  /**
   * What a driver understands of its device.
   *
   * @param fields in the order of the layout, read or not
   * @param acknowledged bits as the driver has acknowledged them, before anybody looked whether they were offered
   */
  record Understood(List<FieldRead> fields, Features acknowledged) {}

  /**
   * One field.
   *
   * @param name as the specification spells it, or the layout's own
   * @param read whether the driver has looked it up
   */
  record FieldRead(String name, boolean read) {}
}
