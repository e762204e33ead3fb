package virtio.device.net;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import virtio.bus.Face;
import virtio.bus.model.ModelProperties;
import virtio.bus.spec.VirtioNet;
import virtio.os.linux.Tap;

/**
 * A checked configuration.
 *
 * @param mac its first byte the lowest
 * @param speed megabits per second
 * @param tap empty for none
 * @param link whether the cable is in
 */
record CardSettings(String name, long mac, int mtu, long speed, int queueSize, List<Face> faces, String joins, String tap, boolean link) {
  static final int QUEUE_SIZE = 256;

  private static final Pattern MAC = Pattern.compile("[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}");
  private static final Pattern SWITCH = Pattern.compile("[A-Za-z0-9_.-]{1,64}");
  private static final int SPEED = 10_000;
  private static final long LOCAL = 2;

  /** @throws IllegalArgumentException with property, value and what is allowed */
  static CardSettings of(Map<String, ?> properties) {
    ModelProperties read = new ModelProperties(properties);
    String name = read.name();
    return new CardSettings(name, mac(name, read.text("mac")), read.number("mtu", VirtioNet.STANDARD_MTU, VirtioNet.LEAST_MTU, 65535),
        speed(read), read.powerOfTwo("queue.size", QUEUE_SIZE, 2, 32768), read.faces(), joins(read), tap(read), link(read));
  }

  private static long mac(String name, String text) {
    if (text.isEmpty()) {
      long hash = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).getMostSignificantBits();
      return hash << 8 & Frame.BROADCAST | LOCAL;   // of its own, and the same each time
    }
    long mac = 0;
    if (MAC.matcher(text).matches()) {
      for (int i = 0; i < 6; i++) {
        mac |= Long.parseLong(text, 3 * i, 3 * i + 2, 16) << 8 * i;
      }
    }
    if (mac == 0 || Frame.isGroup(mac)) {
      throw ModelProperties.bad("mac", text, "six bytes in hexadecimal, not a group's, as in 02:00:00:00:00:01");
    }
    return mac;
  }

  private static long speed(ModelProperties read) {
    return read.text("speed").equals("unknown") ? CardState.UNKNOWN_SPEED : read.number("speed", SPEED, 0, Integer.MAX_VALUE);
  }

  private static String joins(ModelProperties read) {
    String name = read.text("switch");
    if (!SWITCH.matcher(name).matches()) {
      throw ModelProperties.bad("switch", name, "a name of letters, digits, '_', '.' and '-', as in s0");
    }
    return name;
  }

  private static String tap(ModelProperties read) {
    String name = read.text("tap");
    if (!name.isEmpty() && !Tap.NAME.matcher(name).matches()) {
      throw ModelProperties.bad("tap", name, "a network interface's name, 1 to 15 characters, no '/', ':', '%' or space");
    }
    return name;
  }

  private static boolean link(ModelProperties read) {
    return switch (read.text("link")) {
      case "", "up" -> true;
      case "down" -> false;
      default -> throw ModelProperties.bad("link", read.text("link"), "up or down");
    };
  }

  /** Whether the card itself is the same, whatever its cable is plugged into. */
  boolean sameCard(CardSettings other) {
    return other.cable(joins, tap, link).equals(this);
  }

  private CardSettings cable(String to, String through, boolean up) {
    return new CardSettings(name, mac, mtu, speed, queueSize, faces, to, through, up);
  }
}
