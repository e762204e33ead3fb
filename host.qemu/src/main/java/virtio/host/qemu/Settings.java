package virtio.host.qemu;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * A machine's settings, checked.
 *
 * @param binary a path, or a name to look for
 * @param options of the machine, as QEMU has them, each with a comma before; empty for none
 * @param memory bytes
 */
record Settings(String name, String binary, Board board, String options, long memory, List<Drive> drives, List<String> blockdevs,
    List<String> devices, List<String> arguments, long deadlineMillis) {
  private static final long MEGABYTE = 1 << 20;
  private static final long SMALLEST = 16 * MEGABYTE;
  private static final long LARGEST = 2048 * MEGABYTE;

  /** @throws IllegalArgumentException naming property, value and what is allowed */
  static Settings of(Map<String, Object> properties) {
    String name = text(properties, "name", "q0");
    if (!name.matches("[A-Za-z0-9_.]+")) {
      throw bad("name", name, "letters, digits, '_' and '.'");
    }
    String machine = text(properties, "machine", "q35");
    String spelling = machine.split(",", 2)[0];
    Board board = Arrays.stream(Board.values()).filter(one -> one.spelling.equals(spelling)).findFirst()
        .orElseThrow(() -> bad("machine", machine, "q35, virt"));
    String binary = text(properties, "binary", "");
    return new Settings(name, binary.isEmpty() ? board.binary : binary, board, machine.substring(spelling.length()), memory(properties),
        texts(properties, "drives").stream().map(Drive::parse).toList(), texts(properties, "blockdev"), texts(properties, "device"),
        texts(properties, "arguments"), deadline(properties));
  }

  private static long memory(Map<String, Object> properties) {
    String text = text(properties, "memory", "64M");
    String allowed = "16M to 2G, a multiple of 1M";
    int unit = text.isEmpty() ? -1 : "KMG".indexOf(Character.toUpperCase(text.charAt(text.length() - 1)));
    long bytes = number("memory", unit < 0 ? text : text.substring(0, text.length() - 1), allowed);
    if (bytes < 0 || bytes > LARGEST) {
      throw bad("memory", text, allowed);
    }
    bytes <<= 10 * (unit + 1);
    if (bytes < SMALLEST || bytes > LARGEST || bytes % MEGABYTE != 0) {
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

  /** One text is a list of one; an empty one is none. */
  private static List<String> texts(Map<String, Object> properties, String property) {
    Object value = properties.get(property);
    List<?> texts = switch (value) {
      case null -> List.of();
      case Object[] array -> List.of(array);
      case Collection<?> collection -> List.copyOf(collection);
      default -> List.of(value);
    };
    return texts.stream().map(text -> text.toString().strip()).filter(text -> !text.isEmpty()).toList();
  }

  static IllegalArgumentException bad(String property, String value, String allowed) {
    return new IllegalArgumentException(property + "=" + value + "; allowed: " + allowed);
  }
}
