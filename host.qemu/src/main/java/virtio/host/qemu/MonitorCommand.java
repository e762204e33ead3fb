package virtio.host.qemu;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The shell's way to a QEMU's monitor: {@code qmp q0 query-status}, or {@code qmp q0 '{"execute": "query-status"}'}. Any thread. */
@Component(name = "virtio.host.qemu.monitor", service = MonitorCommand.class,
    property = {"osgi.command.scope=virtio", "osgi.command.function=qmp"})
public final class MonitorCommand {
  private final List<ConfiguredMachine> machines = new CopyOnWriteArrayList<>();

  /** A machine has been configured. */
  @Reference(name = "machine", cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  public void bindMachine(ConfiguredMachine machine) {
    machines.add(machine);
  }

  /** It is not any more. */
  public void unbindMachine(ConfiguredMachine machine) {
    machines.remove(machine);
  }

  /**
   * Sends one command.
   *
   * @param name the machine's
   * @param command a command's name, or all of it in JSON
   * @return QEMU's answer, in JSON, or in one line why there is none
   */
  public String qmp(String name, String command) {
    QemuMachine machine = machines.stream().filter(one -> one.name().equals(name)).map(ConfiguredMachine::machine)
        .filter(Objects::nonNull).findFirst().orElse(null);
    if (machine == null) {
      return "machine=" + name + "; running: " + machines.stream().filter(one -> one.machine() != null).map(ConfiguredMachine::name).toList();
    }
    try {
      Map<?, ?> sent = command.strip().startsWith("{") ? Json.object(command) : Map.of("execute", command.strip());
      return Json.write(machine.qmp().send(sent));
    } catch (IllegalArgumentException | IOException refused) {
      return refused.getMessage();
    }
  }
}
