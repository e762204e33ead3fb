package virtio.device.pipe;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import virtio.bus.Face;

/**
 * A checked configuration.
 *
 * @param socket where the other end is; null where that is a link
 * @param link its name; empty where the other end is a socket
 */
record DeviceSettings(String name, Path socket, String link, List<Face> faces, int queueSize) {
  private static final int QUEUE_SIZE = 32;
  private static final int MOST = 1024;

  /** The name that messages begin with, whatever else is wrong. */
  static String name(Map<String, ?> properties) {
    String name = text(properties, "name");
    String pid = text(properties, "service.pid");
    return name.isEmpty() ? pid.substring(pid.indexOf('~') + 1) : name;
  }

  static DeviceSettings of(Map<String, ?> properties) throws BadProperty {
    String name = name(properties);
    if (name.isEmpty()) {
      throw new BadProperty("name", "", "the device's name");
    }
    String socket = text(properties, "socket");
    String link = text(properties, "link");
    if (socket.isEmpty() == link.isEmpty()) {
      throw new BadProperty("socket", socket, "either socket or link, the path of a socket or the name of a link");
    }
    return new DeviceSettings(name, socket.isEmpty() ? null : path(socket), link, faces(properties), queueSize(properties));
  }

  OtherEnd open() throws BadProperty {
    return socket == null ? LinkEnd.join(link) : SocketEnd.listen(name, socket);
  }

  private static Path path(String text) throws BadProperty {
    try {
      return Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new BadProperty("socket", text, "the path of a socket");
    }
  }

  private static List<Face> faces(Map<String, ?> properties) throws BadProperty {
    Object value = properties.get("faces");
    List<?> names = switch (value) {
      case null -> List.of();
      case Collection<?> collection -> List.copyOf(collection);
      case Object[] array -> Arrays.asList(array);
      default -> Arrays.asList(value.toString().split(","));
    };
    try {
      List<Face> faces = names.stream().map(face -> face.toString().strip()).filter(face -> !face.isEmpty()).map(Face::of).toList();
      if (!faces.isEmpty()) {
        return faces;
      }
    } catch (IllegalArgumentException e) {
      // said below, with what is allowed
    }
    throw new BadProperty("faces", names, "at least one, each transport.ring.config, as in lguest.split.tlv");
  }

  private static int queueSize(Map<String, ?> properties) throws BadProperty {
    String text = text(properties, "queue.size");
    try {
      int size = text.isEmpty() ? QUEUE_SIZE : Integer.decode(text);
      if (size >= 2 && size <= MOST && Integer.bitCount(size) == 1) {
        return size;
      }
    } catch (NumberFormatException e) {
      // said below, with what is allowed
    }
    throw new BadProperty("queue.size", text, "a power of two, 2 to " + MOST);
  }

  private static String text(Map<String, ?> properties, String name) {
    Object value = properties.get(name);
    return value == null ? "" : value.toString().strip();
  }
}
