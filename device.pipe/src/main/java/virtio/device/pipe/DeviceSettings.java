package virtio.device.pipe;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import virtio.bus.Face;
import virtio.bus.model.ModelProperties;

/**
 * A checked configuration.
 *
 * @param socket where the other end is; null where that is a link
 * @param link its name; empty where the other end is a socket
 */
record DeviceSettings(String name, Path socket, String link, List<Face> faces, int queueSize) {
  private static final int QUEUE_SIZE = 32;
  private static final int MOST = 1024;

  /** @throws IllegalArgumentException with property, value and what is allowed */
  static DeviceSettings of(Map<String, ?> properties) {
    ModelProperties read = new ModelProperties(properties);
    String name = read.name();
    String socket = read.text("socket");
    String link = read.text("link");
    if (socket.isEmpty() == link.isEmpty()) {
      throw ModelProperties.bad("socket", socket, "either socket or link, the path of a socket or the name of a link");
    }
    return new DeviceSettings(name, socket.isEmpty() ? null : path(socket), link, read.faces(),
        read.powerOfTwo("queue.size", QUEUE_SIZE, 2, MOST));
  }

  /** Whether the other end is in the same place, where there is room for one. */
  boolean sameEnd(DeviceSettings other) {
    return Objects.equals(socket, other.socket) && link.equals(other.link);
  }

  /** @throws IllegalArgumentException as {@link #of} */
  OtherEnd open() {
    return socket == null ? LinkEnd.join(link) : SocketEnd.listen(name, socket);
  }

  private static Path path(String text) {
    try {
      return Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw ModelProperties.bad("socket", text, "the path of a socket");
    }
  }
}
