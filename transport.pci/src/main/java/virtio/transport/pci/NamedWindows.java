package virtio.transport.pci;

import java.util.HashMap;
import java.util.Map;
import virtio.bus.Window;
import virtio.bus.spec.NamedWindow;
import virtio.bus.spec.Pci;

/** The windows of a function that its capabilities name; the first of each name. Never changes. */
final class NamedWindows {
  static final NamedWindows NONE = new NamedWindows(Map.of());

  private final Map<String, Placed> windows;

  /** A window, and the vector that speaks of it. */
  private record Placed(Window registers, int vector) {}

  private NamedWindows(Map<String, Placed> windows) {
    this.windows = windows;
  }

  /**
   * Those that lie whole inside a region.
   *
   * @param regions what lies behind the function's base address registers; null in places without any
   */
  static NamedWindows of(Window config, Window[] regions) {
    Map<String, Placed> found = new HashMap<>();
    for (int at : Pci.capabilities(config)) {
      NamedWindow named = NamedWindow.read(config, at);
      Window region = named == null ? null : regions[named.bar()];
      if (region != null && named.length() > 0 && named.length() <= region.size() - named.offset()) {
        found.putIfAbsent(named.name(), new Placed(region.part(named.offset(), named.length()), named.place()));
      }
    }
    return new NamedWindows(Map.copyOf(found));
  }

  /** Null where there is none of that name. */
  Window window(String name) {
    Placed placed = windows.get(name);
    return placed == null ? null : placed.registers;
  }

  /** The number of the vector that speaks of that window; {@link NamedWindow#NO_VECTOR} for none. */
  int vector(String name) {
    Placed placed = windows.get(name);
    return placed == null ? NamedWindow.NO_VECTOR : placed.vector;
  }
}
