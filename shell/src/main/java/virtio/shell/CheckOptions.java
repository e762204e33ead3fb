package virtio.shell;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * What {@code check} was asked to do.
 *
 * @param glue one combination, or null
 * @param all every combination whose glue bundle is installed
 * @param image the user's own image, only ever read, or null
 * @param sabotage flips one byte on the way: to see that check notices
 */
record CheckOptions(String glue, boolean all, Path image, boolean sabotage) {
  static final String USAGE = "check [--glue NAME | --all] [--image FILE]";
  private static final int SECTOR = 512;
  private static final byte[] QCOW2 = {'Q', 'F', 'I', (byte) 0xfb};

  /** @throws IllegalArgumentException with one line that says what is wrong and what is allowed */
  static CheckOptions parse(List<String> arguments) {
    Deque<String> words = new ArrayDeque<>(arguments);
    String glue = null;
    boolean all = false;
    Path image = null;
    boolean sabotage = false;
    while (!words.isEmpty()) {
      String word = words.pop();
      switch (word) {
        case "--glue" -> glue = value(word, words);
        case "--all" -> all = true;
        case "--image" -> image = image(value(word, words));
        case "--sabotage" -> sabotage = true;
        default -> throw new IllegalArgumentException("unknown argument '" + word + "' (" + USAGE + ")");
      }
    }
    if (all && glue != null) {
      throw new IllegalArgumentException("--all and --glue exclude each other (" + USAGE + ")");
    }
    return new CheckOptions(glue, all, image, sabotage);
  }

  private static String value(String option, Deque<String> words) {
    if (words.isEmpty() || words.peek().startsWith("--")) {
      throw new IllegalArgumentException(option + " needs a value (" + USAGE + ")");
    }
    return words.pop();
  }

  private static Path image(String name) {
    Path image = Path.of(name).toAbsolutePath().normalize();
    if (!Files.isRegularFile(image) || !Files.isReadable(image)) {
      throw new IllegalArgumentException("image=" + name + " (a regular file that can be read)");
    }
    try {
      long size = Files.size(image);
      if (!isQcow2(image) && (size == 0 || size % SECTOR != 0)) {
        throw new IllegalArgumentException("image=" + name + " size=" + size + " (a multiple of " + SECTOR + ", and not 0)");
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("image=" + name + ": " + e.getMessage(), e);
    }
    return image;
  }

  /** Whether a file is a qcow2 image, by its first bytes; a name that ends in {@code .raw} is believed, as the launcher believes it. */
  static boolean isQcow2(Path image) throws IOException {
    if (image.getFileName().toString().endsWith(".raw")) {
      return false;
    }
    try (InputStream bytes = Files.newInputStream(image)) {
      return Arrays.equals(bytes.readNBytes(QCOW2.length), QCOW2);
    }
  }
}
