package virtio.itest;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which bundle may import what, and who may export: the bus for all; its port's API for a driver; system calls for a host, a
 * transport and a device; the parts that hosts and transports share, for those. What a bundle is, its folder's name says.
 */
final class Arrows {
  private static final Set<String> BUS = Set.of("virtio.bus", "virtio.bus.registers", "virtio.bus.spec");
  private static final String OS = "virtio.os.linux";
  /** What hosts and transports are made of. */
  private static final String MACHINE = "virtio.bus.machine";
  private static final String MODEL = "virtio.bus.model";
  private static final String PORT = "virtio.bus.port";

  private Arrows() {}

  /** Each line says who does what that it must not. */
  static List<String> violations(BuiltBundle bundle) {
    List<String> violations = new ArrayList<>();
    Set<String> allowed = allowed(bundle.folder());
    for (String name : bundle.packages("Import-Package")) {
      if (!allowed.contains(name) && !foreign(bundle.folder(), name)) {
        violations.add(bundle.symbolicName() + " imports " + name);
      }
    }
    for (String name : bundle.packages("Export-Package")) {
      if (!exports(bundle.folder()) || !name.startsWith(Reactor.artifact(bundle.folder()))) {
        violations.add(bundle.symbolicName() + " exports " + name);
      }
    }
    for (String header : List.of("DynamicImport-Package", "Bundle-Activator", "Fragment-Host", "Require-Bundle")) {
      if (!bundle.header(header).isEmpty()) {
        violations.add(bundle.symbolicName() + " has " + header);
      }
    }
    if (bundle.header("Import-Package").contains("resolution:=optional")) {
      violations.add(bundle.symbolicName() + " imports optionally");
    }
    return violations;
  }

  /** Packages of ours that it may use; its own come on top. */
  static Set<String> allowed(String folder) {
    Set<String> allowed = new TreeSet<>(BUS);
    if (folder.equals("os.linux") || folder.equals("virtio.bus")) {
      allowed.add(MACHINE);
      allowed.removeIf(name -> !name.startsWith(folder));
    } else if (folder.startsWith("driver.")) {
      allowed.add("virtio." + folder.substring("driver.".length()));
    } else if (folder.startsWith("host.") || folder.startsWith("transport.")) {
      allowed.addAll(Set.of(OS, MACHINE));
    } else if (folder.startsWith("device.")) {
      allowed.addAll(Set.of(OS, MODEL));
    } else if (port(folder)) {
      allowed.add(PORT);
    } else if (folder.equals("shell")) {
      Reactor.bundles().stream().filter(Arrows::port).forEach(allowed::add);
    } else if (folder.equals("glue")) {
      allowed.removeIf(name -> name.startsWith("virtio.bus."));
    }
    if (exports(folder)) {
      allowed.add(Reactor.artifact(folder));
    }
    return allowed;
  }

  /** The bus, the ports and the system calls: what others are compiled against. */
  private static boolean exports(String folder) {
    return folder.equals("virtio.bus") || folder.equals("os.linux") || port(folder);
  }

  static boolean port(String folder) {
    return folder.startsWith("virtio.") && !folder.equals("virtio.bus") && !folder.startsWith("virtio.ring.");
  }

  /** Not ours: OSGi's own packages; nothing at all for glue; Gogo's for the shell. */
  private static boolean foreign(String folder, String name) {
    boolean osgi = name.startsWith("org.osgi.framework") || name.startsWith("org.osgi.service.") || name.startsWith("org.osgi.util.");
    boolean gogo = folder.equals("shell") && name.equals("org.apache.felix.service.command");
    return !folder.equals("glue") && osgi || gogo;
  }
}
