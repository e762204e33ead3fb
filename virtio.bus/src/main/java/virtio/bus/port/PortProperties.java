package virtio.bus.port;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;
import virtio.bus.Features;

/**
 * Reads a configuration that a person has written: text and values are the same, blanks around them do not count, what is missing or empty
 * has its standard. What cannot be is an IllegalArgumentException that names property, value and what is allowed.
 */
public record PortProperties(Map<String, ?> properties) {
  private static final int MOST_MILLIS = 600_000;

  /** The port's name: the property, else the part of the PID after {@code ~}; whatever else is wrong. */
  public String name() {
    String name = text("name");
    String pid = text("service.pid");
    return name.isEmpty() ? pid.substring(pid.indexOf('~') + 1) : name;
  }

  /** What was asked for as combination, for messages: {@code "virtio.glue=x"}, without its parentheses. */
  public String target() {
    String target = text("glue.target");
    return target.startsWith("(") && target.endsWith(")") ? target.substring(1, target.length() - 1) : target;
  }

  /** An LDAP filter, or empty. */
  public String filter(String property) {
    String filter = text(property);
    if (!filter.isEmpty() && !(filter.startsWith("(") && filter.endsWith(")"))) {
      throw bad(property, filter, "an LDAP filter, as in (name=m0/0)");
    }
    return filter;
  }

  /** A set of features, hexadecimal; all of them where nothing is said. */
  public Features features(String property) {
    String text = text(property);
    if (text.isEmpty()) {
      return Features.ALL;
    }
    try {
      BigInteger mask = new BigInteger(text.replaceFirst("^0[xX]", ""), 16);
      if (mask.signum() >= 0 && mask.bitLength() <= 128) {
        return new Features(mask.longValue(), mask.shiftRight(64).longValue());
      }
    } catch (NumberFormatException e) {
      // said below, with what is allowed
    }
    throw bad(property, text, "hexadecimal, up to 128 bits");
  }

  /** From 1 ms to 10 minutes. @param standard milliseconds */
  public Duration millis(String property, int standard) {
    return Duration.ofMillis(number(property, standard, 1, MOST_MILLIS));
  }

  public int number(String property, int standard, int least, int most) {
    String text = text(property);
    if (text.isEmpty()) {
      return standard;
    }
    try {
      int value = Integer.decode(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below, with what is allowed
    }
    throw bad(property, text, least + " to " + most);
  }

  public boolean flag(String property) {
    return switch (text(property)) {
      case "", "false" -> false;
      case "true" -> true;
      default -> throw bad(property, text(property), "true or false");
    };
  }

  /** Empty where nothing is said. */
  public String text(String property) {
    Object value = properties.get(property);
    return value == null ? "" : value.toString().strip();
  }

  /** To be thrown: {@code "queue.size=3 (0, or a power of two from 2 to 32768)"}. */
  public static IllegalArgumentException bad(String property, Object value, String allowed) {
    return new IllegalArgumentException(property + "=" + value + " (" + allowed + ")");
  }
}
