package virtio.host.qemu;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON texts: objects are maps in order, arrays lists, numbers longs where they are and BigDecimals where not, null is null.
 *
 * <p>Source: RFC 8259
 */
final class Json {
  private static final int DEEPEST = 100;

  private final String text;
  private int at;
  private int depth;

  private Json(String text) {
    this.text = text;
  }

  /** @throws IllegalArgumentException where it is not JSON, and at which character */
  static Object parse(String text) {
    Json json = new Json(text);
    Object value = json.value();
    json.blank();
    if (json.at < text.length()) {
      throw json.unexpected();
    }
    return value;
  }

  /** @throws IllegalArgumentException unless it is an object */
  static Map<?, ?> object(String text) {
    if (parse(text) instanceof Map<?, ?> map) {
      return map;
    }
    throw new IllegalArgumentException("json='" + text + "'; allowed: an object");
  }

  static String write(Object value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  private Object value() {
    blank();
    if (depth > DEEPEST) {
      throw unexpected();
    }
    switch (peek()) {
      case '{' -> {
        return members();
      }
      case '[' -> {
        return elements();
      }
      case '"' -> {
        return string();
      }
      case 't' -> {
        return word("true", Boolean.TRUE);
      }
      case 'f' -> {
        return word("false", Boolean.FALSE);
      }
      case 'n' -> {
        return word("null", null);
      }
      default -> {
        return number();
      }
    }
  }

  private Map<String, Object> members() {
    Map<String, Object> members = new LinkedHashMap<>();
    depth++;
    take('{');
    if (!next('}')) {
      do {
        blank();
        String name = string();
        blank();
        take(':');
        members.put(name, value());
      } while (next(','));
      take('}');
    }
    depth--;
    return members;
  }

  private List<Object> elements() {
    List<Object> elements = new ArrayList<>();
    depth++;
    take('[');
    if (!next(']')) {
      do {
        elements.add(value());
      } while (next(','));
      take(']');
    }
    depth--;
    return elements;
  }

  private String string() {
    StringBuilder out = new StringBuilder();
    take('"');
    while (peek() != '"') {
      char next = text.charAt(at++);
      if (next < ' ') {
        at--;
        throw unexpected();
      }
      out.append(next == '\\' ? escaped() : next);
    }
    at++;
    return out.toString();
  }

  private char escaped() {
    char letter = peek();
    at++;
    return switch (letter) {
      case '"', '\\', '/' -> letter;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        at += 4;
        if (at > text.length() || !text.substring(at - 4, at).matches("[0-9a-fA-F]{4}")) {
          throw unexpected();
        }
        yield (char) Integer.parseInt(text.substring(at - 4, at), 16);
      }
      default -> {
        at--;
        throw unexpected();
      }
    };
  }

  private Object number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String number = text.substring(start, at);
    if (!number.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
      at = start;
      throw unexpected();
    }
    BigDecimal value = new BigDecimal(number);
    boolean whole = number.matches("-?[0-9]{1,18}");
    return whole ? (Object) value.longValueExact() : value;
  }

  private Object word(String word, Object value) {
    if (!text.startsWith(word, at)) {
      throw unexpected();
    }
    at += word.length();
    return value;
  }

  private boolean next(char expected) {
    blank();
    if (at < text.length() && text.charAt(at) == expected) {
      at++;
      return true;
    }
    return false;
  }

  private void take(char expected) {
    if (!next(expected)) {
      throw unexpected();
    }
  }

  private char peek() {
    if (at >= text.length()) {
      throw unexpected();
    }
    return text.charAt(at);
  }

  private void blank() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private IllegalArgumentException unexpected() {
    return new IllegalArgumentException("json='" + text + "': unexpected at character " + at);
  }

  private static void write(Object value, StringBuilder out) {
    switch (value) {
      case Map<?, ?> map -> {
        String between = "{";
        for (Map.Entry<?, ?> member : map.entrySet()) {
          out.append(between);
          quote(member.getKey().toString(), out);
          out.append(": ");
          write(member.getValue(), out);
          between = ", ";
        }
        out.append(map.isEmpty() ? "{}" : "}");
      }
      case List<?> list -> {
        String between = "[";
        for (Object element : list) {
          out.append(between);
          write(element, out);
          between = ", ";
        }
        out.append(list.isEmpty() ? "[]" : "]");
      }
      case String string -> quote(string, out);
      case Number number -> out.append(number);
      case Boolean truth -> out.append(truth);
      case null -> out.append("null");
      default -> throw new IllegalArgumentException("value=" + value + "; allowed: Map, List, String, Number, Boolean, null");
    }
  }

  private static void quote(String string, StringBuilder out) {
    out.append('"');
    for (int place = 0; place < string.length(); place++) {
      char letter = string.charAt(place);
      switch (letter) {
        case '"', '\\' -> out.append('\\').append(letter);
        case '\n' -> out.append("\\n");
        default -> {
          if (letter < ' ') {
            out.append("\\u%04x".formatted((int) letter));
          } else {
            out.append(letter);
          }
        }
      }
    }
    out.append('"');
  }
}
