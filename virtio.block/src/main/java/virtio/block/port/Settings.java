package virtio.block.port;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;
import virtio.bus.AttachmentSettings;
import virtio.bus.Features;

/**
 * A checked configuration.
 *
 * @param name the port's
 * @param filter an LDAP filter over devices, or empty
 * @param queueSize 0: as the device offers
 * @param deadline how long a request may wait, and how long a device may take for it
 * @param drain how long a device that is to go may take to finish
 * @param grace how long requests wait for another one then
 * @param readOnly writes are refused here, whatever the device allows
 */
record Settings(String name, String filter, int queueSize, Features mask, Duration deadline, Duration resetDeadline, Duration drain,
    Duration grace, boolean readOnly) {
  private static final int MOST_MILLIS = 600_000;
  private static final int LARGEST_QUEUE = 32768;

  /** The port's name, whatever else is wrong. */
  static String name(Map<String, ?> properties) {
    String name = text(properties, "name");
    String pid = text(properties, "service.pid");
    return name.isEmpty() ? pid.substring(pid.indexOf('~') + 1) : name;
  }

  /** What was asked for as combination, for messages: {@code "(virtio.glue=x)"} without its parentheses. */
  static String target(Map<String, ?> properties) {
    String target = text(properties, "glue.target");
    return target.startsWith("(") && target.endsWith(")") ? target.substring(1, target.length() - 1) : target;
  }

  /** @throws IllegalArgumentException naming the property, its value and what is allowed */
  static Settings of(Map<String, ?> properties) {
    String name = name(properties);
    if (name.isEmpty()) {
      throw bad("name", "", "the port's name");
    }
    int queueSize = number(properties, "queue.size", 0, 0, LARGEST_QUEUE);
    if (queueSize == 1 || Integer.bitCount(queueSize) > 1) {
      throw bad("queue.size", queueSize, "0, or a power of two from 2 to " + LARGEST_QUEUE);
    }
    return new Settings(name, filter(properties), queueSize, mask(properties), millis(properties, "deadline", 30_000),
        millis(properties, "reset.deadline", 1000), millis(properties, "drain", 5000), millis(properties, "grace", 5000),
        flag(properties, "readonly"));
  }

  AttachmentSettings attachment() {
    return AttachmentSettings.of(name).withFilter(filter).withQueueSize(queueSize).withMask(mask).withResetDeadline(resetDeadline);
  }

  /** Whether a change from one to the other can be made without the device's knowing. */
  boolean binds(Settings other) {
    return attachment().equals(other.attachment());
  }

  private static String filter(Map<String, ?> properties) {
    String filter = text(properties, "device.filter");
    if (!filter.isEmpty() && !(filter.startsWith("(") && filter.endsWith(")"))) {
      throw bad("device.filter", filter, "an LDAP filter, as in (name=m0/0)");
    }
    return filter;
  }

  private static Features mask(Map<String, ?> properties) {
    String text = text(properties, "features.mask");
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
    throw bad("features.mask", text, "hexadecimal, up to 128 bits");
  }

  private static Duration millis(Map<String, ?> properties, String name, int standard) {
    return Duration.ofMillis(number(properties, name, standard, 1, MOST_MILLIS));
  }

  private static int number(Map<String, ?> properties, String name, int standard, int least, int most) {
    String text = text(properties, name);
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
    throw bad(name, text, least + " to " + most);
  }

  private static boolean flag(Map<String, ?> properties, String name) {
    return switch (text(properties, name)) {
      case "", "false" -> false;
      case "true" -> true;
      default -> throw bad(name, text(properties, name), "true or false");
    };
  }

  private static String text(Map<String, ?> properties, String name) {
    Object value = properties.get(name);
    return value == null ? "" : value.toString().strip();
  }

  private static IllegalArgumentException bad(String property, Object value, String allowed) {
    return new IllegalArgumentException(property + "=" + value + " (" + allowed + ")");
  }
}
