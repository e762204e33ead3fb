package virtio.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.inject.Inject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceReference;
import virtio.bus.Combination;
import virtio.testkit.Shows;

/** All combinations at once, in one container: what they are made of is the same few jars. */
@ExtendWith(InFramework.class)
class MixIT {
  /** Pairs of transport and config handler that cannot be: a bus without PCI has no functions, and plain memory does not trap. */
  private static final Set<String> IMPOSSIBLE = Set.of("pci.lguest", "lguest.pci", "lguest.mmio");

  @Inject
  private BundleContext context;

  /** By combination: SHA-256 of the jars that its driver, transport, ring and config handler come from. */
  private Map<String, String[]> combinations() throws Exception {
    Map<String, String[]> sums = new TreeMap<>();
    ServiceReference<?>[] references = context.getServiceReferences(Combination.class, null).toArray(ServiceReference<?>[]::new);
    for (ServiceReference<?> reference : references) {
      Combination parts = (Combination) context.getService(reference);
      sums.put(parts.name(), new String[] {sum(parts.driver()), sum(parts.transport()), sum(parts.ring()), sum(parts.config())});
      context.ungetService(reference);
    }
    return sums;
  }

  private static String sum(Object part) throws IOException, NoSuchAlgorithmException {
    Bundle bundle = FrameworkUtil.getBundle(part.getClass());
    Path jar = Path.of(URI.create(bundle.getLocation().substring("reference:".length())));
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (InputStream bytes = Files.newInputStream(jar)) {
      return bundle.getSymbolicName() + " " + HexFormat.of().formatHex(digest.digest(bytes.readAllBytes()));
    }
  }

  @Test
  @Shows({"F03", "F55"})
  void eachPartOfThatNameIsTheSameJarInEveryCombination() throws Exception {
    Map<String, String[]> combinations = combinations();
    assertThat(combinations.keySet()).containsExactlyInAnyOrderElementsOf(Bundles.combinations());
    Map<String, Set<String>> jars = new TreeMap<>();
    combinations.forEach((name, sums) -> {
      String[] parts = name.split("\\.");
      for (int i = 0; i < parts.length; i++) {
        jars.computeIfAbsent(i + " " + parts[i], part -> new TreeSet<>()).add(sums[i]);
      }
    });
    assertThat(jars).allSatisfy((part, sums) -> assertThat(sums).as(part).hasSize(1));
  }

  @Test
  @Shows({"F55", "F57", "F58"})
  void everyDriverMeetsEveryRingOnEveryTransport() {
    Set<String> wanted = new TreeSet<>();
    Set<String> present = new TreeSet<>();
    for (String driver : bricks("driver.")) {
      for (String ring : bricks("virtio.ring.")) {
        bricks("transport.").forEach(transport -> wanted.add(driver + "." + transport + "." + ring));
      }
    }
    Bundles.combinations().forEach(name -> present.add(name.substring(0, name.lastIndexOf('.'))));
    assertThat(present).isEqualTo(wanted);
  }

  @Test
  @Shows("F58")
  void everyConfigHandlerThatCanBeOnATransportIs() {
    Set<String> wanted = new TreeSet<>();
    Set<String> present = new TreeSet<>();
    for (String transport : bricks("transport.")) {
      bricks("config.").forEach(config -> wanted.add(transport + "." + config));
    }
    wanted.removeAll(IMPOSSIBLE);
    for (String name : Bundles.combinations()) {
      String[] parts = name.split("\\.");
      present.add(parts[1] + "." + parts[3]);
    }
    assertThat(present).isEqualTo(wanted);
  }

  private static Set<String> bricks(String prefix) {
    Set<String> names = new TreeSet<>();
    Reactor.bundles().stream().filter(folder -> folder.startsWith(prefix)).forEach(folder -> names.add(folder.substring(prefix.length())));
    return names;
  }
}
