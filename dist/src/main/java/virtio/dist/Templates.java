package virtio.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;

/**
 * The configurations that bring up a disk: its machine, the device on it, where that is ours, and the port. Templates are configuration
 * files with {@code @name@} where a value goes; the machine's differs from kind to kind.
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
   * @param parts of the combination
   */
  void disk(Parts parts, DiskImage image) throws IOException {
    Map<String, String> values = Map.of("glue", parts.glue(), "face", parts.face(), "image", escaped(image.file().toString()),
        "readonly", Boolean.toString(image.readonly()), "drive", escaped(image.drive()));
    write("virtio.host." + parts.machine() + "-m0.cfg", values);
    if (!parts.foreign()) {
      write(DEVICE, values);
    }
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
