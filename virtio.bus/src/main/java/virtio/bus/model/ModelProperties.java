package virtio.bus.model;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import virtio.bus.Face;

/**
 * A device's configuration, each property read strictly: what a file gives as text, and what an API gives as a value. What is wrong is an
 * IllegalArgumentException with property, value and what is allowed. Any thread.
 *
 * @param values as Config Admin has them
 */
public record ModelProperties(Map<String, ?> values) {
  private static final String UNITS = "kmgt";

  /** The name that messages begin with, whatever else is wrong: the property {@code name}, or the part of the PID after {@code ~}. */
  public static String name(Map<String, ?> values) {
    ModelProperties read = new ModelProperties(values);
    String name = read.text("name");
    String pid = read.text("service.pid");
    return name.isEmpty() ? pid.substring(pid.indexOf('~') + 1) : name;
  }

  /** The same, which must be there. */
  public String name() {
    String name = name(values);
    if (name.isEmpty()) {
      throw bad("name", "", "the device's name");
    }
    return name;
  }

  /** The property {@code faces}. */
  public List<Face> faces() {
    List<Face> faces = new ArrayList<>();
    for (String face : list("faces")) {
      try {
        faces.add(Face.of(face));
      } catch (IllegalArgumentException e) {
        throw bad("faces", face, "transport.ring.config, as in lguest.split.lguest");
      }
    }
    if (faces.isEmpty()) {
      throw bad("faces", "", "at least one, as in lguest.split.lguest");
    }
    return List.copyOf(faces);
  }

  /** Empty where it is not set. */
  public String text(String name) {
    Object value = values.get(name);
    return value == null ? "" : value.toString().strip();
  }

  /** @param standard where it is not set */
  public int number(String name, int standard, int least, int most) {
    String text = text(name);
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

  /** The same, one bit of it set. */
  public int powerOfTwo(String name, int standard, int least, int most) {
    int value = number(name, standard, least, most);
    if (Integer.bitCount(value) != 1) {
      throw bad(name, value, "a power of two, " + least + " to " + most);
    }
    return value;
  }

  public boolean flag(String name, boolean standard) {
    return switch (text(name).toLowerCase(Locale.ROOT)) {
      case "" -> standard;
      case "true" -> true;
      case "false" -> false;
      default -> throw bad(name, text(name), "true or false");
    };
  }

  /** A list, an array, or text separated by commas. */
  public List<String> list(String name) {
    Object value = values.get(name);
    List<?> parts = switch (value) {
      case null -> List.of();
      case Collection<?> collection -> List.copyOf(collection);
      case Object[] array -> Arrays.asList(array);
      default -> Arrays.asList(value.toString().split(","));
    };
    return parts.stream().map(part -> part.toString().strip()).filter(part -> !part.isEmpty()).toList();
  }

  /** Bytes, a multiple of 512, as {@code 67108864}, {@code 64M} or {@code 64 MiB}; 0 where it is not set. */
  public long bytes(String name) {
    String text = text(name);
    if (text.isEmpty()) {
      return 0;
    }
    String number = text.toLowerCase(Locale.ROOT).replaceFirst("(i?b)$", "").strip();
    int unit = number.isEmpty() ? -1 : UNITS.indexOf(number.charAt(number.length() - 1));
    try {
      BigDecimal factor = BigDecimal.valueOf(1L << 10 * (unit + 1));
      long bytes = new BigDecimal(unit < 0 ? number : number.substring(0, number.length() - 1).strip()).multiply(factor).longValueExact();
      if (bytes > 0 && bytes % 512 == 0) {
        return bytes;
      }
    } catch (NumberFormatException e) {
      // said below, with what is allowed
    } catch (ArithmeticException e) {
      // a fraction of a byte, or more than a long holds: the same
    }
    throw bad(name, text, "a multiple of 512 bytes; 64M, 1.5G and 67108864 are good");
  }

  /** To be thrown: {@code "blk.size=300 (a power of two from 512)"}. */
  public static IllegalArgumentException bad(String name, Object value, String allowed) {
    return new IllegalArgumentException(name + "=" + value + " (" + allowed + ")");
  }
}
