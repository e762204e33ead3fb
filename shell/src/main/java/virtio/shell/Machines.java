package virtio.shell;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import virtio.bus.Machine;

/** The machines that are here, and what they say of themselves. Any thread. */
final class Machines {
  /** Each with its kind. */
  private final Map<Machine, String> present = new ConcurrentHashMap<>();

  void add(Machine machine, Map<String, Object> service) {
    present.put(machine, String.valueOf(service.getOrDefault("virtio.machine.kind", "")));
  }

  void remove(Machine machine) {
    present.remove(machine);
  }

  String list() {
    Table table = new Table("MACHINE", "KIND", "PROPERTIES");
    List<Machine> byName = present.keySet().stream().sorted(Comparator.comparing(Machine::name)).toList();
    byName.forEach(machine -> table.row(machine.name(), present.get(machine), said(machine)));
    return table.isEmpty() ? "no machines" : table.toString();
  }

  private static String said(Machine machine) {
    return new TreeMap<>(machine.properties()).entrySet().stream().map(property -> property.getKey() + "=" + property.getValue())
        .collect(Collectors.joining(" "));
  }
}
