package virtio.bus.machine;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * A machine's configuration, read strictly: every value may be text. What is wrong is an IllegalArgumentException that names property, value
 * and what is allowed. Any thread.
 */
public final class MachineProperties {
  private static final long LONGEST_MILLIS = 600_000;

  private final Map<String, Object> properties;

  public MachineProperties(Map<String, Object> properties) {
    this.properties = Map.copyOf(properties);
  }

  /** @param otherwise where nothing is said */
  public String text(String property, String otherwise) {
    Object value = properties.get(property);
    return value == null ? otherwise : value.toString().strip();
  }

  /** One text is a list of one; an empty one is none. */
  public List<String> texts(String property) {
    Object value = properties.get(property);
    List<?> texts = switch (value) {
      case null -> List.of();
      case Object[] array -> List.of(array);
      case Collection<?> collection -> List.copyOf(collection);
      default -> List.of(value);
    };
    return texts.stream().map(text -> text.toString().strip()).filter(text -> !text.isEmpty()).toList();
  }

  /** The property {@code name}: letters, digits, '_' and '.'. */
  public String name(String otherwise) {
    String name = text("name", otherwise);
    if (!name.matches("[A-Za-z0-9_.]+")) {
      throw bad("name", name, "letters, digits, '_' and '.'");
    }
    return name;
  }

  /**
   * The property {@code memory}, in bytes; K, M and G may follow the number.
   *
   * @param step what it is a multiple of
   * @param allowed the three in words
   */
  public long memory(String otherwise, long least, long most, long step, String allowed) {
    String text = text("memory", otherwise);
    int unit = text.isEmpty() ? -1 : "KMG".indexOf(Character.toUpperCase(text.charAt(text.length() - 1)));
    long bytes = number("memory", text, unit < 0 ? text.length() : text.length() - 1, allowed);
    if (bytes < 0 || bytes > most) {
      throw bad("memory", text, allowed);
    }
    bytes <<= 10 * (unit + 1);
    if (bytes < least || bytes > most || bytes % step != 0) {
      throw bad("memory", text, allowed);
    }
    return bytes;
  }

  /** The property {@code deadline}: milliseconds, 1 to 600000. */
  public long deadline(String otherwise) {
    String allowed = "1 to 600000 (ms)";
    String text = text("deadline", otherwise);
    long millis = number("deadline", text, text.length(), allowed);
    if (millis < 1 || millis > LONGEST_MILLIS) {
      throw bad("deadline", text, allowed);
    }
    return millis;
  }

  private static long number(String property, String text, int digits, String allowed) {
    try {
      return Long.parseLong(text, 0, digits, 10);
    } catch (NumberFormatException none) {
      throw bad(property, text, allowed);
    }
  }

  /** To be thrown. */
  public static IllegalArgumentException bad(String property, String value, String allowed) {
    return new IllegalArgumentException(property + "=" + value + "; allowed: " + allowed);
  }
}
