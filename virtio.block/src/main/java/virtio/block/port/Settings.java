package virtio.block.port;

import java.util.Map;
import virtio.bus.port.PortProperties;
import virtio.bus.port.PortSettings;

/**
 * A checked configuration.
 *
 * @param readOnly writes are refused here, whatever the device allows
 */
record Settings(PortSettings port, boolean readOnly) {
  /** @throws IllegalArgumentException naming the property, its value and what is allowed */
  static Settings of(Map<String, ?> properties) {
    PortProperties asked = new PortProperties(properties);
    return new Settings(PortSettings.of(asked, null), asked.flag("readonly"));
  }
}
