package virtio.bus;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** A tree of strings that both sides watch: xenstore, a device tree. Paths are relative, parts joined by {@code /}. Any thread. */
@ConsumerType
public interface Store {
  /** Null where nothing is. */
  String get(String path);

  void put(String path, String value);

  /** Names directly below. */
  List<String> list(String path);

  /** Calls back once at once and after each change at or below {@code path}, on the store's own thread. */
  Registration watch(String path, Runnable changed);
}
