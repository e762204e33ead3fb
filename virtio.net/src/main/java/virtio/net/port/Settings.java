package virtio.net.port;

import virtio.bus.port.PortProperties;
import virtio.bus.port.PortSettings;
import virtio.net.MacAddress;

/**
 * A checked configuration.
 *
 * @param mac the address that was asked for; null for the device's
 */
record Settings(PortSettings port, MacAddress mac) {
  /** @throws IllegalArgumentException naming the property, its value and what is allowed */
  static Settings of(PortProperties asked) {
    String text = asked.text("mac");
    MacAddress mac = text.isEmpty() ? null : MacAddress.of(text);
    if (mac != null && (mac.group() || mac.value() == 0)) {
      throw PortProperties.bad("mac", text, "one card's: the first byte even, and not all zero");
    }
    return new Settings(PortSettings.of(asked, null), mac);
  }
}
