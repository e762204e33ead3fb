package virtio.host.lguest;

import java.nio.file.Path;
import java.util.Map;

/**
 * A machine's settings, checked.
 *
 * @param file null for none
 */
record Settings(String name, long memory, Layout layout, Role role, Path file, long deadlineMillis) {
  /** Which ends of the machine are here. */
  enum Role { BOTH, HOST, GUEST }

  /** @throws IllegalArgumentException naming property, value and what is allowed */
  static Settings of(Map<String, Object> properties) {
    String name = text(properties, "name", "m0");
    if (!name.matches("[A-Za-z0-9_.]+")) {
      throw bad("name", name, "letters, digits, '_' and '.'");
    }
    Layout layout = switch (text(properties, "layout", "lguest")) {
      case "lguest" -> Layout.LGUEST;
      case "tlv" -> Layout.TLV;
      default -> throw bad("layout", text(properties, "layout", ""), "lguest, tlv");
    };
    Role role = switch (text(properties, "role", "both")) {
      case "both" -> Role.BOTH;
      case "host" -> Role.HOST;
      case "guest" -> Role.GUEST;
      default -> throw bad("role", text(properties, "role", ""), "both, host, guest");
    };
    String file = text(properties, "file", "");
    if (file.isEmpty() && role != Role.BOTH) {
      throw bad("file", file, "a path, since role=" + text(properties, "role", ""));
    }
    return new Settings(name, memory(properties), layout, role, file.isEmpty() ? null : Path.of(file), deadline(properties));
  }

  private static long memory(Map<String, Object> properties) {
    String text = text(properties, "memory", "64M");
    String allowed = "4M to 2G, a multiple of 4096";
    int unit = text.isEmpty() ? -1 : "KMG".indexOf(Character.toUpperCase(text.charAt(text.length() - 1)));
    long bytes = number("memory", unit < 0 ? text : text.substring(0, text.length() - 1), allowed);
    if (bytes < 0 || bytes > MachineMemory.LARGEST) {
      throw bad("memory", text, allowed);
    }
    bytes <<= 10 * (unit + 1);
    if (bytes < MachineMemory.SMALLEST || bytes > MachineMemory.LARGEST || bytes % MachineMemory.PAGE != 0) {
      throw bad("memory", text, allowed);
    }
    return bytes;
  }

  private static long deadline(Map<String, Object> properties) {
    String text = text(properties, "deadline", "1000");
    long millis = number("deadline", text, "1 to 600000 (ms)");
    if (millis < 1 || millis > 600_000) {
      throw bad("deadline", text, "1 to 600000 (ms)");
    }
    return millis;
  }

  private static long number(String property, String text, String allowed) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException none) {
      throw bad(property, text, allowed);
    }
  }

  private static String text(Map<String, Object> properties, String property, String otherwise) {
    Object value = properties.get(property);
    return value == null ? otherwise : value.toString().strip();
  }

  private static IllegalArgumentException bad(String property, String value, String allowed) {
    return new IllegalArgumentException(property + "=" + value + "; allowed: " + allowed);
  }
}
