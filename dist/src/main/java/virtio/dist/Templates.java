package virtio.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The configurations that bring up a disk, a card or a pipe: its machine, the device on it, where that is ours, and the port. Templates are
 * configuration files with {@code @name@} where a value goes, in a folder for each kind of port; a machine's lies beside those folders, unless
 * the kind has one of its own.
 */
final class Templates {
  private static final String HOST = "virtio.host.";
  private static final String DEVICE = "virtio.device.";

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
    write(parts, Map.of("image", image.file().toString(), "readonly", Boolean.toString(image.readonly()), "drive", image.drive()));
  }

  /**
   * Writes the configurations of {@code net0}.
   *
   * @param tap the tap that joins its switch; empty for none
   */
  void card(Parts parts, String tap) throws IOException {
    write(parts, Map.of("tap", tap));
  }

  /**
   * Writes the configurations of {@code pipe0}.
   *
   * @param socket the path of its other end
   */
  void pipe(Parts parts, Path socket) throws IOException {
    write(parts, Map.of("socket", socket.toString()));
  }

  private void write(Parts parts, Map<String, String> its) throws IOException {
    Map<String, String> values = new LinkedHashMap<>(its);
    values.put("glue", parts.glue());
    values.put("face", parts.face());
    values.put("config", parts.config());
    String machine = HOST + parts.machine() + "-m0.cfg";
    List<Path> templates = home.templates(parts.driver());
    if (templates.stream().noneMatch(template -> name(template).equals(machine))) {
      write(home.template(machine), values);
    }
    for (Path template : templates) {
      boolean wanted = name(template).startsWith(HOST) ? name(template).equals(machine) : !name(template).startsWith(DEVICE) || !parts.foreign();
      if (wanted) {
        write(template, values);
      }
    }
  }

  private static String name(Path template) {
    return template.getFileName().toString();
  }

  private void write(Path template, Map<String, String> values) throws IOException {
    String text = Files.readString(template);
    for (Map.Entry<String, String> value : values.entrySet()) {
      text = text.replace('@' + value.getKey() + '@', escaped(value.getValue()));
    }
    instance.configure(name(template), text);
  }

  /** The reader of these files takes a backslash as an escape, and substitutes what stands in <code>${}</code> unless its brace is escaped. */
  private static String escaped(String value) {
    return value.replace("${", "$\\{").replace("\\", "\\\\");
  }
}
