package virtio.shell;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;

/** What Config Admin knows of ours. Any thread. */
final class Configured {
  private final ConfigurationAdmin admin;

  Configured(ConfigurationAdmin admin) {
    this.admin = admin;
  }

  /** Factory PIDs of which there are configurations, in order. */
  List<String> factories() {
    return list("(service.factoryPid=virtio.*)").map(Configuration::getFactoryPid).filter(Objects::nonNull).distinct().sorted().toList();
  }

  /** How many configurations that factory PID has. */
  int count(String factoryPid) {
    return (int) list("(service.factoryPid=" + factoryPid + ")").count();
  }

  private Stream<Configuration> list(String filter) {
    try {
      Configuration[] found = admin.listConfigurations(filter);
      return found == null ? Stream.of() : Stream.of(found);
    } catch (IOException | InvalidSyntaxException e) {
      throw new IllegalStateException("cannot list configurations " + filter + ": " + e.getMessage(), e);
    }
  }
}
