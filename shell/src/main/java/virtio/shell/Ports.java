package virtio.shell;

import java.util.Comparator;
import java.util.List;
import virtio.bus.Port;

/** The ports, whatever they are for. */
final class Ports {
  private final List<Port> present;
  private final Bricks bricks;
  private final Configured configured;

  /** @param present changes as ports come and go */
  Ports(List<Port> present, Bricks bricks, Configured configured) {
    this.present = present;
    this.bricks = bricks;
    this.configured = configured;
  }

  String list() {
    Table table = new Table("PORT", "KIND", "COMBINATION", "SIZE", "STATE");
    present.stream().sorted(Comparator.comparing(Port::kind).thenComparing(Port::name))
        .forEach(port -> table.row(port.name(), port.kind(), port.combination(), port.size(), port.state()));
    return table.isEmpty() ? "no ports" : table.toString();
  }

  /** Until there are as many ports as are configured, under the PIDs of whatever provides ports, and each of them is online. */
  boolean await(int seconds) {
    try (Progress progress = Progress.here()) {
      return Wait.until(seconds, this::up, left -> progress.say("waiting for ports: " + left + " s left"));
    }
  }

  private boolean up() {
    int wanted = bricks.pids(Port.class).stream().mapToInt(configured::count).sum();
    return present.size() >= wanted && present.stream().allMatch(Port::online);
  }
}
