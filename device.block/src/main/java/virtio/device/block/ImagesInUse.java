package virtio.device.block;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;

/**
 * The images that this JVM serves, by the file itself and not by its path; one device each. Asked before a file is opened: closing any
 * channel on a file gives up all locks that the process holds on it, so even a refused second device would unlock the first one's image.
 */
final class ImagesInUse {
  private static final Set<Object> FILES = new HashSet<>();

  private ImagesInUse() {}

  /** @return what {@link #leave} wants; null when it is in use */
  static Object enter(Path image) throws IOException {
    Object file = Files.readAttributes(image, BasicFileAttributes.class).fileKey();
    Object key = file == null ? image.toRealPath() : file;
    synchronized (FILES) {
      return FILES.add(key) ? key : null;
    }
  }

  static void leave(Object key) {
    synchronized (FILES) {
      FILES.remove(key);
    }
  }
}
