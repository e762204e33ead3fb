package virtio.host.qemu;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import virtio.bus.machine.MachineProperties;

/**
 * A disk that is a file.
 *
 * @param back options of its block driver
 * @param front options of its device
 */
record Drive(Path file, String format, boolean readonly, List<String> back, List<String> front) {
  private static final String BACK = "blockdev.";
  /** Neither half of a double one; one after double ones counts. */
  private static final String SINGLE_COMMA = "(?<=[^,](?:,,){0,99}),(?!,)";

  /** @param text the file, and options, with commas between; a comma of the file's own is doubled */
  static Drive parse(String text) {
    String[] parts = text.split(SINGLE_COMMA);
    String file = parts[0].replace(",,", ",");
    List<String> options = Arrays.stream(parts).skip(1).toList();
    for (String option : options) {
      if (!option.matches("[A-Za-z0-9_.-]+=.*")) {
        throw MachineProperties.bad("drives", text, "FILE,NAME=VALUE,...");
      }
    }
    String format = value(options, "format", file.endsWith(".qcow2") ? "qcow2" : "raw");
    if (!format.matches("[a-z0-9]+")) {
      throw MachineProperties.bad("drives", text, "format=raw, format=qcow2");
    }
    String readonly = value(options, "readonly", "off");
    if (!readonly.matches("on|off")) {
      throw MachineProperties.bad("drives", text, "readonly=on, readonly=off");
    }
    return new Drive(Path.of(file), format, readonly.equals("on"),
        options.stream().filter(option -> option.startsWith(BACK)).map(option -> option.substring(BACK.length())).toList(),
        options.stream().filter(option -> !option.startsWith(BACK) && !option.startsWith("format=") && !option.startsWith("readonly="))
            .toList());
  }

  /** @param number which of the machine's drives, from 0 */
  List<String> arguments(int number) {
    String node = "drive" + number;
    return List.of("-blockdev", joined("driver=" + format + ",node-name=" + node + ",discard=unmap,read-only=" + (readonly ? "on" : "off")
        + ",file.driver=file,file.filename=" + file.toAbsolutePath().toString().replace(",", ",,"), back),
        "-device", joined("virtio-blk-pci,id=disk" + number + ",drive=" + node + ",disable-legacy=on", front));
  }

  private static String joined(String first, List<String> more) {
    return more.isEmpty() ? first : first + "," + String.join(",", more);
  }

  private static String value(List<String> options, String name, String otherwise) {
    return options.stream().filter(option -> option.startsWith(name + "=")).map(option -> option.substring(name.length() + 1))
        .reduce(otherwise, (earlier, later) -> later);
  }
}
