package virtio.shell;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Parameter;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import virtio.bus.Bus;
import virtio.bus.FrameDecoder;
import virtio.bus.Machine;
import virtio.bus.Port;

/**
 * The commands. One service for all, so that they are there together or not at all; immediate, so that warnings are kept from the start.
 * Any thread.
 */
@Component(name = "virtio.shell", immediate = true, service = Commands.class, property = {
    "osgi.command.scope=virtio",
    "osgi.command.function=devices", "osgi.command.function=ports", "osgi.command.function=bricks", "osgi.command.function=machines",
    "osgi.command.function=features",
    "osgi.command.function=fields",
    "osgi.command.function=rings", "osgi.command.function=frames",
    "osgi.command.function=status", "osgi.command.function=problems", "osgi.command.function=check"})
public final class Commands {
  private static final String NAME = "a port's, a device's or a bus device's name: disk0, m0/0, 'lguest m0/0'";

  private final Bricks bricks;
  private final Machines machines = new Machines();
  private final Configured configured;
  private final Check check;
  private final RecentWarnings warnings = RecentWarnings.listen();
  private final List<Port> ports = new CopyOnWriteArrayList<>();
  private final List<FrameDecoder> decoders = new CopyOnWriteArrayList<>();
  @Reference(name = "bus", cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile Bus bus;

  /** Called by Declarative Services. */
  @Activate
  public Commands(BundleContext context, @Reference(name = "runtime") ServiceComponentRuntime runtime,
      @Reference(name = "configurations") ConfigurationAdmin configurations) {
    this.bricks = new Bricks(context, runtime);
    this.configured = new Configured(configurations);
    this.check = new Check(context, configurations, bricks);
  }

  @Deactivate
  void stop() {
    warnings.close();
  }

  @Reference(name = "ports", service = Port.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void addPort(Port port) {
    ports.add(port);
  }

  void removePort(Port port) {
    ports.remove(port);
  }

  @Reference(name = "machines", service = Machine.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void addMachine(Machine machine, Map<String, Object> service) {
    machines.add(machine, service);
  }

  void removeMachine(Machine machine) {
    machines.remove(machine);
  }

  @Reference(name = "decoders", service = FrameDecoder.class, cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
  void addDecoder(FrameDecoder decoder) {
    decoders.add(decoder);
  }

  void removeDecoder(FrameDecoder decoder) {
    decoders.remove(decoder);
  }

  @Descriptor("lists the devices that the transports found, one a line")
  public String devices(@Descriptor("also their properties, and the faces that hosts in this JVM show")
      @Parameter(names = {"-v", "--verbose"}, presentValue = "true", absentValue = "false") boolean verbose) {
    return new Devices(bus()).list(verbose);
  }

  @Descriptor("lists the ports, one a line; fails when it was told to wait and one of them is still not up")
  public Integer ports(CommandSession session, @Descriptor("how many seconds to wait until every configured port is up")
      @Parameter(names = "--wait", absentValue = "0") int seconds) {
    Ports all = new Ports(ports, bricks, configured);
    boolean up = seconds <= 0 || all.await(seconds);
    Progress.answers(session).println(all.list());
    return up ? null : Integer.valueOf(1);
  }

  @Descriptor("lists the bricks that are here with their bundles, and what is missing for whom")
  public String bricks() {
    Table table = new Table("KIND", "NAME", "BUNDLE");
    bricks.present().forEach(brick -> table.row(brick.kind(), brick.name(), brick.bundle()));
    StringBuilder text = new StringBuilder(table.isEmpty() ? "no bricks" : table.toString());
    bricks.missing().forEach(missing -> text.append('\n').append(missing));
    return text.toString();
  }

  @Descriptor("lists the machines, one a line, and what each says of itself")
  public String machines() {
    return machines.list();
  }

  @Descriptor("shows by name which features a device offers and which were accepted")
  public String features(@Descriptor(NAME) String name) {
    return new Devices(bus()).features(name);
  }

  @Descriptor("shows which fields its driver has looked up, and which bits it has acknowledged, as a device served here sees it")
  public String fields(@Descriptor(NAME) String name) {
    return new Devices(bus()).fields(name);
  }

  @Descriptor("shows the rings of a device: state, size, counters, and what broke one")
  public String rings(@Descriptor(NAME) String name) {
    return new Devices(bus()).rings(name);
  }

  @Descriptor("shows frames of the socket ring: the last ones of a device, or those in a file, or in bytes given as hexadecimal digits")
  public String frames(@Descriptor(NAME + "; or a file's name; or digits") String what) throws IOException {
    return new Frames(bus(), List.copyOf(decoders)).show(what);
  }

  @Descriptor("shows each value that the device status field has had since the last binding began")
  public String status(@Descriptor(NAME) String name) {
    return new Devices(bus()).status(name);
  }

  @Descriptor("says what is wrong now, one line each, and the warnings of late")
  public String problems() {
    return new Problems(bus, ports, bricks, configured, warnings).list();
  }

  @Descriptor("tries combinations with real I/O, prints one line for each, and ends with 0 only if none failed")
  public Integer check(CommandSession session, @Descriptor("[--glue NAME | --all] [--image FILE]: which combination"
      + " (without either: the default one), and an image, only read, to try it with") String... arguments) throws IOException {
    CheckOptions options;
    try {
      options = CheckOptions.parse(List.of(arguments));
    } catch (IllegalArgumentException e) {
      Progress.answers(session).println("check: " + e.getMessage());
      return Check.USAGE;
    }
    return check.run(options, Progress.answers(session));
  }

  private Bus bus() {
    Bus present = bus;
    if (present == null) {
      throw new IllegalStateException("no bus (bundle virtio.bus is not active)");
    }
    return present;
  }
}
