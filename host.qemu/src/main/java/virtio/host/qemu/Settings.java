package virtio.host.qemu;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import virtio.bus.machine.MachineProperties;

/**
 * A machine's settings, checked.
 *
 * @param binary a path, or a name to look for
 * @param options of the machine, as QEMU has them, each with a comma before; empty for none
 * @param memory bytes
 * @param firmware words beside the board's own, path and value
 */
record Settings(String name, String binary, Board board, String options, long memory, List<Drive> drives, List<String> blockdevs,
    List<String> netdevs, List<String> chardevs, List<String> devices, List<String> arguments,
    Map<String, String> firmware, long deadlineMillis) {
  private static final long MEGABYTE = 1 << 20;
  private static final long SMALLEST = 16 * MEGABYTE;
  private static final long LARGEST = 2048 * MEGABYTE;

  /** @throws IllegalArgumentException naming property, value and what is allowed */
  static Settings of(Map<String, Object> configuration) {
    MachineProperties properties = new MachineProperties(configuration);
    String name = properties.name("q0");
    String machine = properties.text("machine", "q35");
    String spelling = machine.split(",", 2)[0];
    Board board = Arrays.stream(Board.values()).filter(one -> one.spelling.equals(spelling)).findFirst()
        .orElseThrow(() -> MachineProperties.bad("machine", machine, "q35, virt"));
    String binary = properties.text("binary", "");
    long memory = properties.memory("64M", SMALLEST, LARGEST, MEGABYTE, "16M to 2G, a multiple of 1M");
    return new Settings(name, binary.isEmpty() ? board.binary : binary, board, machine.substring(spelling.length()), memory,
        properties.texts("drives").stream().map(Drive::parse).toList(), properties.texts("blockdev"), properties.texts("netdev"),
        properties.texts("chardev"), properties.texts("device"), properties.texts("arguments"),
        firmware(properties.texts("firmware")), properties.deadline("1000"));
  }

  private static Map<String, String> firmware(List<String> lines) {
    Map<String, String> words = new HashMap<>();
    for (String line : lines) {
      int equals = line.indexOf('=');
      if (equals < 1) {
        throw MachineProperties.bad("firmware", line, "PATH=VALUE");
      }
      words.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
    }
    return Map.copyOf(words);
  }
}
