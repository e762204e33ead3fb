package virtio.shell;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;
import virtio.bus.Bus;
import virtio.bus.Combination;
import virtio.bus.ConfigHandler;
import virtio.bus.Host;
import virtio.bus.Machine;
import virtio.bus.PageLayout;
import virtio.bus.Port;
import virtio.bus.RingFormat;
import virtio.bus.Transport;
import virtio.bus.VirtioDriver;

/** What is plugged in, and what waits for what: read from the service registry and from Declarative Services. Any thread. */
final class Bricks {
  /** The contracts that make a service a brick, and the property that names it; what follows the dot is its kind. */
  private static final Map<Class<?>, String> CONTRACTS = Map.of(
      Bus.class, "virtio.bus",
      VirtioDriver.class, "virtio.driver", Transport.class, "virtio.transport", RingFormat.class, "virtio.ring",
      ConfigHandler.class, "virtio.config", PageLayout.class, "virtio.layout", Host.class, "virtio.host",
      Machine.class, "virtio.machine", Combination.class, "virtio.glue", Port.class, "virtio.port");

  private final BundleContext context;
  private final ServiceComponentRuntime runtime;

  Bricks(BundleContext context, ServiceComponentRuntime runtime) {
    this.context = context;
    this.runtime = runtime;
  }

  /** A service that is a brick. */
  record Brick(String kind, String name, String bundle) {}

  /**
   * A component that waits.
   *
   * @param component a combination's name where it is one, else the component's, and its configuration's name
   * @param reference the reference that nothing satisfies
   * @param target which service it wants
   */
  record Missing(String component, String reference, String target) {
    @Override
    public String toString() {
      return component + ": missing " + reference + (target.isEmpty() ? "" : " " + target);
    }
  }

  /** A component that was configured and threw. */
  record Failed(String component, String reason) {
    @Override
    public String toString() {
      return component + ": " + reason;
    }
  }

  /** Each brick service, by kind and name. */
  List<Brick> present() {
    List<Brick> bricks = new ArrayList<>();
    CONTRACTS.forEach((contract, property) -> {
      for (ServiceReference<?> reference : references(contract)) {
        bricks.add(new Brick(property.substring(property.indexOf('.') + 1), text(reference.getProperty(property)),
            bundle(reference.getBundle())));
      }
    });
    bricks.sort(Comparator.comparing(Brick::kind).thenComparing(Brick::name));
    return bricks;
  }

  /** Names of all combinations whose glue bundles are active, satisfied or not, in order. */
  List<String> combinations() {
    return descriptions().map(d -> d.properties.get("virtio.glue")).filter(Objects::nonNull).map(Bricks::text).sorted().toList();
  }

  /** Every unsatisfied reference of our own components. */
  List<Missing> missing() {
    List<Missing> missing = new ArrayList<>();
    for (ComponentConfigurationDTO component : components()) {
      if (component.state == ComponentConfigurationDTO.UNSATISFIED_REFERENCE) {
        for (UnsatisfiedReferenceDTO reference : component.unsatisfiedReferences) {
          missing.add(new Missing(label(component), reference.name, reference.target == null ? "" : reference.target));
        }
      }
    }
    return missing;
  }

  /** What is missing for one combination; empty when it is complete, or not there at all. */
  List<Missing> missing(String combination) {
    return missing().stream().filter(m -> m.component().equals(combination)).toList();
  }

  /** Every component of ours whose activation failed, with the first line of why. */
  List<Failed> failed() {
    return components().stream().filter(c -> c.state == ComponentConfigurationDTO.FAILED_ACTIVATION)
        .map(c -> new Failed(label(c), reason(c.failure))).toList();
  }

  /** Whether some component takes configurations under that factory PID. */
  boolean takes(String factoryPid) {
    return descriptions().anyMatch(d -> Arrays.asList(d.configurationPid).contains(factoryPid));
  }

  /** The factory PIDs of the components that provide that service. */
  List<String> pids(Class<?> service) {
    return descriptions().filter(d -> Arrays.asList(d.serviceInterfaces).contains(service.getName()))
        .flatMap(d -> Arrays.stream(d.configurationPid)).distinct().toList();
  }

  private List<ComponentConfigurationDTO> components() {
    return descriptions().flatMap(d -> runtime.getComponentConfigurationDTOs(d).stream()).toList();
  }

  private Stream<ComponentDescriptionDTO> descriptions() {
    return runtime.getComponentDescriptionDTOs().stream().filter(d -> d.bundle.symbolicName.startsWith("virtio."));
  }

  private static String label(ComponentConfigurationDTO component) {
    Map<String, Object> properties = component.properties;
    if (properties.get("virtio.glue") != null) {
      return text(properties.get("virtio.glue"));
    }
    Object name = properties.get("name");
    return component.description.name + (name == null ? "" : " name=" + name);
  }

  /** SCR gives a stack trace; what a person needs is the message of its last cause. */
  static String reason(String failure) {
    if (failure == null || failure.isBlank()) {
      return "activation failed";
    }
    String reason = failure.lines().findFirst().orElseThrow();
    for (String line : failure.lines().toList()) {
      if (line.startsWith("Caused by: ")) {
        reason = line.substring("Caused by: ".length());
      }
    }
    return reason.replaceFirst("^[\\w.$]+(Exception|Error): ", "");
  }

  private ServiceReference<?>[] references(Class<?> contract) {
    try {
      ServiceReference<?>[] references = context.getAllServiceReferences(contract.getName(), null);
      return references == null ? new ServiceReference<?>[0] : references;
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException("no filter, and yet a wrong one", e);
    }
  }

  private static String bundle(Bundle bundle) {
    return bundle == null ? "" : bundle.getSymbolicName() + " " + bundle.getVersion();
  }

  private static String text(Object value) {
    return switch (value) {
      case null -> "";
      case Object[] several -> String.join(",", Stream.of(several).map(String::valueOf).toList());
      default -> value.toString();
    };
  }
}
