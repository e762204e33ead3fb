package virtio.host.lguest;

import java.nio.file.Path;
import java.util.Map;
import virtio.bus.machine.MachineProperties;

/**
 * A machine's settings, checked.
 *
 * @param file null for none
 */
record Settings(String name, long memory, Layout layout, Role role, Path file, long deadlineMillis) {
  /** Which ends of the machine are here. */
  enum Role { BOTH, HOST, GUEST }

  /** @throws IllegalArgumentException naming property, value and what is allowed */
  static Settings of(Map<String, Object> configuration) {
    MachineProperties properties = new MachineProperties(configuration);
    String name = properties.name("m0");
    Layout layout = switch (properties.text("layout", "lguest")) {
      case "lguest" -> Layout.LGUEST;
      case "tlv" -> Layout.TLV;
      case "fixed" -> Layout.FIXED;
      case String other -> throw MachineProperties.bad("layout", other, "lguest, tlv, fixed");
    };
    Role role = switch (properties.text("role", "both")) {
      case "both" -> Role.BOTH;
      case "host" -> Role.HOST;
      case "guest" -> Role.GUEST;
      case String other -> throw MachineProperties.bad("role", other, "both, host, guest");
    };
    String file = properties.text("file", "");
    if (file.isEmpty() && role != Role.BOTH) {
      throw MachineProperties.bad("file", file, "a path, since role=" + properties.text("role", ""));
    }
    long memory = properties.memory("64M", MachineMemory.SMALLEST, MachineMemory.LARGEST, MachineMemory.PAGE,
        "4M to 2G, a multiple of 4096");
    return new Settings(name, memory, layout, role, file.isEmpty() ? null : Path.of(file), properties.deadline("1000"));
  }
}
