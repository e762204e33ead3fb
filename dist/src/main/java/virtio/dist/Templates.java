package virtio.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The three configurations that bring up a disk: its machine, the device on it, and the port. Templates are configuration files
 * with {@code @name@} where a value goes; the machine's differs from transport to transport.
 */
final class Templates {
  private static final String DEVICE = "virtio.device.block-disk0.cfg";
  private static final String PORT = "virtio.block-disk0.cfg";

  private final Home home;
  private final Instance instance;

  Templates(Home home, Instance instance) {
    this.home = home;
    this.instance = instance;
  }

  /**
   * Writes the configurations of {@code disk0} into the instance.
   *
   * @param glue the combination, {@code driver.transport.ring.config}
   * @param image the image, absolute
   * @param readonly whether the device refuses writes
   */
  void disk(String glue, Path image, boolean readonly) throws IOException {
    String face = glue.substring(glue.indexOf('.') + 1);
    String transport = face.substring(0, face.indexOf('.'));
    Map<String, String> values =
        Map.of("glue", glue, "face", face, "image", escaped(image.toString()), "readonly", Boolean.toString(readonly));
    write("virtio.host." + transport + "-m0.cfg", values);
    write(DEVICE, values);
    write(PORT, values);
  }

  private void write(String name, Map<String, String> values) throws IOException {
    String text = Files.readString(home.template(name));
    for (Map.Entry<String, String> value : values.entrySet()) {
      text = text.replace('@' + value.getKey() + '@', value.getValue());
    }
    instance.configure(name, text);
  }

  /** The reader of these files takes a backslash as an escape, and substitutes what stands in <code>${}</code> unless its brace is escaped. */
  private static String escaped(String value) {
    return value.replace("${", "$\\{").replace("\\", "\\\\");
  }
}
