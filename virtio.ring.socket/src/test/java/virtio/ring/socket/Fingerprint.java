package virtio.ring.socket;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * All that decides what a ring does next, as text: every field of every object of the ring and of the channel in memory that can be reached,
 * but for what only counts or remembers. Two states with one fingerprint have one future.
 */
final class Fingerprint {
  private static final Set<String> IRRELEVANT = Set.of(
      "trace", "signals", "ignored", "raised", "chains", "tokens",
      "attachment", "callback", "sizes", "sessions", "link", "memory", "meanwhile", "handlers", "prefix", "tail", "tailEnd");

  private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final StringBuilder text = new StringBuilder();

  private Fingerprint() {}

  static String of(Object... roots) {
    Fingerprint all = new Fingerprint();
    for (Object root : roots) {
      all.add(root);
    }
    return all.text.toString();
  }

  private void add(Object value) {
    switch (value) {
      case null -> text.append('-');
      case Number number -> text.append(number);
      case Boolean yes -> text.append(yes ? 't' : 'f');
      case Enum<?> word -> text.append(word);
      case AtomicBoolean flag -> text.append(flag);
      case AtomicIntegerArray numbers -> text.append(numbers);
      default -> addObject(value);
    }
    text.append(' ');
  }

  private void addObject(Object value) {
    Class<?> type = value.getClass();
    if (type.isArray()) {
      for (int i = 0; i < Array.getLength(value); i++) {
        add(Array.get(value, i));
      }
    } else if (type.getName().endsWith("FakeLane")) {
      addLane(value);
    } else if (type.getName().startsWith("virtio.") && !type.isHidden() && !type.isRecord() && seen.add(value)) {
      for (Field field : fields(type)) {
        text.append(field.getName()).append('=');
        add(get(field, value));
      }
    }
  }

  /** What is on the way, and how much of it has arrived. */
  private void addLane(Object lane) {
    long read = (long) get(lane, "read");
    long written = (long) get(lane, "written");
    MemorySegment bytes = (MemorySegment) get(lane, "bytes");
    text.append((long) get(lane, "arrived") - read).append(':');
    for (long at = read; at < written; at++) {
      text.append((char) (0x100 + (bytes.get(ValueLayout.JAVA_BYTE, at % bytes.byteSize()) & 0xFF)));
    }
  }

  private static List<Field> fields(Class<?> type) {
    List<Field> all = new ArrayList<>();
    for (Class<?> at = type; at != null && at.getName().startsWith("virtio."); at = at.getSuperclass()) {
      for (Field field : at.getDeclaredFields()) {
        boolean counter = at.getName().equals("virtio.bus.Queue") && (field.getName().equals("published") || field.getName().equals("taken"));
        if (!Modifier.isStatic(field.getModifiers()) && !IRRELEVANT.contains(field.getName()) && !counter) {
          all.add(field);
        }
      }
    }
    return all;
  }

  static Object get(Object from, String field) {
    for (Field each : fields(from.getClass())) {
      if (each.getName().equals(field)) {
        return get(each, from);
      }
    }
    throw new IllegalArgumentException("field=" + field + " of " + from.getClass());
  }

  private static Object get(Field field, Object from) {
    try {
      field.setAccessible(true);
      return field.get(from);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
