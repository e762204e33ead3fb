package virtio.device.block;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;

/**
 * The images that this JVM serves, by the file itself and not by its path. Asked before a file is opened: closing any channel on a file gives
 * up all locks that the process holds on it, so even a refused second device would unlock the first one's image.
 */
final class ImagesInUse {
  private static final Map<Object, Integer> USERS = new HashMap<>();
  private static final int WRITER = -1;

  private ImagesInUse() {}

  /** Several may read, one alone may write. @return what {@link #leave} wants; null when it is in use */
  static Object enter(Path image, boolean readOnly) throws IOException {
    Object file = Files.readAttributes(image, BasicFileAttributes.class).fileKey();
    Object key = file == null ? image.toRealPath() : file;
    synchronized (USERS) {
      int users = USERS.getOrDefault(key, 0);
      if (users == WRITER || users > 0 && !readOnly) {
        return null;
      }
      USERS.put(key, readOnly ? users + 1 : WRITER);
      return key;
    }
  }

  static void leave(Object key) {
    synchronized (USERS) {
      int users = USERS.get(key);
      if (users > 1) {
        USERS.put(key, users - 1);
      } else {
        USERS.remove(key);
      }
    }
  }
}
