package virtio.device.block;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A configuration's properties, each read strictly: what a file gives as text, and what an API gives as a value. */
record Properties(Map<String, ?> values) {
  private static final String UNITS = "kmgt";

  /** Empty where it is not set. */
  String text(String name) {
    Object value = values.get(name);
    return value == null ? "" : value.toString().strip();
  }

  int number(String name, int standard, int least, int most) throws BadProperty {
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
    throw new BadProperty(name, text, least + " to " + most);
  }

  int powerOfTwo(String name, int standard, int least, int most) throws BadProperty {
    int value = number(name, standard, least, most);
    if (Integer.bitCount(value) != 1) {
      throw new BadProperty(name, value, "a power of two, " + least + " to " + most);
    }
    return value;
  }

  boolean flag(String name, boolean standard) throws BadProperty {
    return switch (text(name).toLowerCase(Locale.ROOT)) {
      case "" -> standard;
      case "true" -> true;
      case "false" -> false;
      default -> throw new BadProperty(name, text(name), "true or false");
    };
  }

  /** A list, an array, or text separated by commas. */
  List<String> list(String name) {
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
  long bytes(String name) throws BadProperty {
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
    throw new BadProperty(name, text, "a multiple of 512 bytes; 64M, 1.5G and 67108864 are good");
  }
}
