package virtio.bus.core;

import java.util.HashMap;
import java.util.Map;
import virtio.bus.BusDevice;
import virtio.bus.DeviceId;

/** What a {@code device.filter} sees: the bus device's own properties, its name, and its id. */
final class DeviceProperties {
  private DeviceProperties() {}

  static Map<String, Object> of(BusDevice device, DeviceId id) {
    Map<String, Object> properties = new HashMap<>(device.properties());
    properties.put("name", device.name());
    properties.put("type", id.type());
    properties.put("vendor", id.vendor());
    properties.put("modalias", id.modalias());
    return properties;
  }
}
