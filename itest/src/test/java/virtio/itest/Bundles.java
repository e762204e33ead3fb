package virtio.itest;

import static org.ops4j.pax.exam.CoreOptions.bootDelegationPackages;
import static org.ops4j.pax.exam.CoreOptions.bundle;
import static org.ops4j.pax.exam.CoreOptions.cleanCaches;
import static org.ops4j.pax.exam.CoreOptions.frameworkProperty;
import static org.ops4j.pax.exam.CoreOptions.mavenBundle;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.ops4j.pax.exam.Option;

/** What goes into the framework: the container's bundles, every brick, every glue bundle. No list of combinations is kept anywhere. */
final class Bundles {
  private Bundles() {}

  static Option[] container() {
    List<Option> options = new ArrayList<>();
    // The tests' own libraries come from the class path: they need not be bundles.
    options.add(frameworkProperty("org.osgi.framework.bundle.parent").value("app"));
    options.add(bootDelegationPackages("org.junit.*", "org.assertj.*", "org.opentest4j.*", "virtio.testkit"));
    options.add(systemProperty("org.ops4j.pax.logging.DefaultServiceLog.level").value("WARN"));
    options.add(mavenBundle("org.osgi", "org.osgi.util.function").versionAsInProject());
    options.add(mavenBundle("org.osgi", "org.osgi.util.promise").versionAsInProject());
    options.add(mavenBundle("org.osgi", "org.osgi.service.component").versionAsInProject());
    options.add(mavenBundle("org.apache.felix", "org.apache.felix.configadmin").versionAsInProject());
    options.add(mavenBundle("org.apache.felix", "org.apache.felix.scr").versionAsInProject());
    options.add(mavenBundle("org.apache.felix", "org.apache.felix.gogo.runtime").versionAsInProject());
    for (String folder : Reactor.bundles()) {
      if (!folder.equals("glue")) {
        options.add(bundle("reference:" + Reactor.jar(folder).toUri()));
      }
    }
    for (String combination : combinations()) {
      options.add(bundle("reference:" + Reactor.root("itest", "target", "glue", "virtio.glue." + combination + ".jar").toUri()));
    }
    options.add(cleanCaches());
    return options.toArray(Option[]::new);
  }

  /** The names of all glue bundles that were built; each lies unpacked beside the tests afterwards. */
  static List<String> combinations() {
    List<String> names = new ArrayList<>();
    Path folder = Reactor.root("itest", "target", "glue");
    try {
      Files.createDirectories(folder);
      for (Map.Entry<String, byte[]> jar : BuiltBundle.of("glue").jars().entrySet()) {
        String name = Path.of(jar.getKey()).getFileName().toString();
        Files.write(folder.resolve(name), jar.getValue());
        names.add(name.substring("virtio.glue.".length(), name.length() - ".jar".length()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return names;
  }
}
