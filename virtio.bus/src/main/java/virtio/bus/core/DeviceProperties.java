package virtio.bus.core;

import java.util.HashMap;
import java.util.Map;
import virtio.bus.BusDevice;
import virtio.bus.DeviceId;

/** The bus device's own properties, and what is added to them for filters and for people. */
final class DeviceProperties {
  private DeviceProperties() {}

  /** What a {@code device.filter} sees: its name and its id too. */
  static Map<String, Object> of(BusDevice device, DeviceId id) {
    Map<String, Object> properties = new HashMap<>(device.properties());
    properties.put("name", device.name());
    properties.put("type", id.type());
    properties.put("vendor", id.vendor());
    properties.put("modalias", id.modalias());
    return properties;
  }

  /** What a person is shown: the bus device's own, and, where there is any, how many bytes of its space are in quarantine. */
  static Map<String, Object> shown(BusDevice device) {
    long aside = device.memory() == null ? 0 : device.memory().quarantined();
    if (aside == 0) {
      return device.properties();
    }
    Map<String, Object> properties = new HashMap<>(device.properties());
    properties.put("quarantined", aside);
    return properties;
  }
}
