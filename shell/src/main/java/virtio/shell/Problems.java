package virtio.shell;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import virtio.bus.Bus;
import virtio.bus.Bus.DeviceReport;
import virtio.bus.Bus.QueueReport;
import virtio.bus.Port;
import virtio.bus.Queue;

/** What is wrong at this moment, one line each, and what was said lately. */
final class Problems {
  private final Bus bus;
  private final List<Port> ports;
  private final Bricks bricks;
  private final Configured configured;
  private final RecentWarnings warnings;

  /** @param bus null while there is none */
  Problems(Bus bus, List<Port> ports, Bricks bricks, Configured configured, RecentWarnings warnings) {
    this.bus = bus;
    this.ports = ports;
    this.bricks = bricks;
    this.configured = configured;
    this.warnings = warnings;
  }

  String list() {
    List<String> lines = new ArrayList<>();
    devices(lines);
    ports(lines);
    bricks.missing().forEach(missing -> lines.add(missing.toString()));
    bricks.failed().forEach(failed -> lines.add(failed.toString()));
    configured.factories().stream().filter(pid -> !bricks.takes(pid))
        .forEach(pid -> lines.add("configuration " + pid + ": no bundle here takes it"));
    if (lines.isEmpty()) {
      lines.add("no problems");
    }
    List<String> said = warnings.lines(Instant.now());
    if (!said.isEmpty()) {
      lines.add("warnings of late:");
      said.forEach(line -> lines.add("  " + line));
    }
    return String.join("\n", lines);
  }

  private void devices(List<String> lines) {
    if (bus == null) {
      lines.add("no bus (bundle virtio.bus is not active)");
      return;
    }
    queues(lines, "", bus.devices());
    queues(lines, "served ", bus.served());
  }

  private void ports(List<String> lines) {
    for (Port port : ports) {
      if (!port.online()) {
        lines.add(port.kind() + " port " + port.name() + " (" + port.combination() + "): " + port.state());
      }
    }
  }

  private static void queues(List<String> lines, String side, List<DeviceReport> devices) {
    for (DeviceReport device : devices) {
      for (QueueReport queue : device.queues()) {
        if (queue.state() == Queue.State.BROKEN || queue.state() == Queue.State.QUARANTINED) {
          lines.add(side + device.bus() + " " + device.name() + " queue " + queue.index() + ": " + queue.state()
              + (queue.broken() == null ? "" : " by " + queue.broken()));
        }
      }
    }
  }
}
