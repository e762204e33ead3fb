package virtio.dist;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The file behind a disk.
 *
 * @param file absolute
 * @param readonly whether the device refuses writes
 */
record DiskImage(Path file, boolean readonly) {
  private static final byte[] QCOW2 = {'Q', 'F', 'I', (byte) 0xfb};

  /**
   * Returns {@code raw} or {@code qcow2}: what the name's end says, or else the file's first bytes. A name that ends in {@code .raw} is
   * believed: what lies in such an image is its user's to write, and may look like anything.
   */
  String format() throws IOException {
    String name = file.getFileName().toString();
    if (name.endsWith(".raw") || name.endsWith(".qcow2")) {
      return name.substring(name.lastIndexOf('.') + 1);
    }
    try (InputStream bytes = Files.newInputStream(file)) {
      return Arrays.equals(bytes.readNBytes(QCOW2.length), QCOW2) ? "qcow2" : "raw";
    }
  }

  /** Returns the file and its options as QEMU's machine takes them. */
  String drive() throws IOException {
    return file.toString().replace(",", ",,") + ",format=" + format() + ",readonly=" + (readonly ? "on" : "off");
  }
}
