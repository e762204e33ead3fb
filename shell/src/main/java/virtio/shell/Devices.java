package virtio.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import virtio.bus.Bus;
import virtio.bus.Bus.DeviceReport;
import virtio.bus.Bus.QueueReport;
import virtio.bus.DeviceId;
import virtio.bus.Exposure.FieldRead;
import virtio.bus.spec.DeviceStatus;
import virtio.bus.spec.DeviceTypes;
import virtio.bus.spec.FeatureBits;

/** What the bus reports, as text: all devices in a line each, or one device from each of its sides that is in this JVM. */
final class Devices {
  private static final int BITS = 128;

  private final Bus bus;

  Devices(Bus bus) {
    this.bus = bus;
  }

  String list(boolean verbose) {
    List<DeviceReport> found = bus.devices();
    StringBuilder text = new StringBuilder(found.isEmpty() ? "no devices" : table(found).toString());
    if (verbose) {
      found.forEach(device -> properties(text, device));
      List<DeviceReport> served = bus.served();
      text.append("\n\n").append(served.isEmpty() ? "no faces served" : faces(served));
    }
    return text.toString();
  }

  private static Table table(List<DeviceReport> devices) {
    Table table = new Table("BUS", "ADDRESS", "ID", "MODALIAS", "DRIVER", "PORT", "STATE");
    for (DeviceReport device : devices) {
      table.row(device.bus(), device.name(), id(device.id()), device.id() == null ? "" : device.id().modalias(), device.driver(),
          device.owner(), device.state());
    }
    return table;
  }

  private static Table faces(List<DeviceReport> served) {
    Table table = new Table("HOST", "SLOT", "ID", "FACE", "DEVICE", "STATE");
    for (DeviceReport face : served) {
      table.row(face.bus(), face.name(), id(face.id()), face.driver(), face.owner(), face.state());
    }
    return table;
  }

  private static void properties(StringBuilder text, DeviceReport device) {
    text.append("\n\n").append(device.bus()).append(' ').append(device.name());
    for (Map.Entry<String, Object> property : new TreeMap<>(device.properties()).entrySet()) {
      text.append("\n  ").append(property.getKey()).append('=').append(property.getValue());
    }
  }

  private static String id(DeviceId id) {
    return id == null ? "unknown" : DeviceTypes.name(id.type());
  }

  String features(String name) {
    return each(name, Devices::features);
  }

  String fields(String name) {
    List<Side> sides = matching("device's side", bus.served(), name).filter(side -> side.report().understood() != null).toList();
    return sides.stream().map(side -> side.title() + "\n" + fields(side.report())).reduce((one, other) -> one + "\n\n" + other)
        .orElseThrow(() -> new IllegalArgumentException("name=" + name + " (" + telling() + ")"));
  }

  private String telling() {
    TreeSet<String> names = bus.served().stream().filter(face -> face.understood() != null)
        .flatMap(face -> Stream.of(face.owner(), face.name())).collect(Collectors.toCollection(TreeSet::new));
    return names.isEmpty() ? "no device is served whose config handler sees what is read" : "one of: " + String.join(", ", names);
  }

  String rings(String name) {
    return each(name, Devices::rings);
  }

  String status(String name) {
    return each(name, Devices::status);
  }

  private String each(String name, Function<DeviceReport, String> view) {
    return Stream.concat(matching("driver's side", bus.devices(), name), matching("device's side", bus.served(), name))
        .map(side -> side.title() + "\n" + view.apply(side.report()))
        .reduce((one, other) -> one + "\n\n" + other)
        .orElseThrow(() -> new IllegalArgumentException("name=" + name + " (" + known() + ")"));
  }

  private record Side(String title, DeviceReport report) {}

  private static Stream<Side> matching(String side, List<DeviceReport> reports, String name) {
    List<Side> matching = new ArrayList<>();
    for (DeviceReport report : reports) {
      String address = report.bus() + " " + report.name();
      if (name.equals(report.name()) || name.equals(report.owner()) || name.equals(address)) {
        matching.add(new Side(address + ", " + side + (report.owner().isEmpty() ? "" : ", " + report.owner()), report));
      }
    }
    return matching.stream();
  }

  private String known() {
    TreeSet<String> names = Stream.concat(bus.devices().stream(), bus.served().stream())
        .flatMap(report -> Stream.of(report.owner(), report.name())).filter(name -> !name.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
    return names.isEmpty() ? "there are no devices" : "one of: " + String.join(", ", names);
  }

  private static String features(DeviceReport device) {
    int type = device.id() == null ? 0 : device.id().type();
    Table table = new Table("BIT", "FEATURE", "OFFERED", "ACCEPTED");
    for (int bit = 0; bit < BITS; bit++) {
      boolean offered = device.offered().has(bit);
      boolean accepted = device.accepted().has(bit);
      if (offered || accepted) {
        table.row(bit, FeatureBits.name(type, bit), offered ? "yes" : "no", accepted ? "yes" : "no");
      }
    }
    return table.isEmpty() ? "no features offered" : table.toString();
  }

  private static String fields(DeviceReport device) {
    Table table = new Table("FIELD", "READ");
    for (FieldRead field : device.understood().fields()) {
      table.row(field.name(), field.read() ? "yes" : "no");
    }
    String acknowledged = device.understood().acknowledged().names(device.id().type());
    return table + "\nacknowledged: " + (acknowledged.isEmpty() ? "nothing" : acknowledged);
  }

  private static String rings(DeviceReport device) {
    Table table = new Table("QUEUE", "SIZE", "STATE", "PUBLISHED", "TAKEN", "RAISED", "SIGNALLED", "IGNORED", "BROKEN BY");
    for (QueueReport queue : device.queues()) {
      table.row(queue.index(), queue.size(), queue.state(), queue.counters().published(), queue.counters().taken(),
          queue.counters().raised(), queue.counters().signalled(), queue.counters().ignored(), queue.broken());
    }
    return table.isEmpty() ? "no rings" : table.toString();
  }

  private static String status(DeviceReport device) {
    Table table = new Table("STATUS", "MEANS");
    for (int status : device.statuses()) {
      table.row(status, DeviceStatus.names(status));
    }
    return table.isEmpty() ? "never bound" : table.toString();
  }
}
