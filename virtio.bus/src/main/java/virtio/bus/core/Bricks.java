package virtio.bus.core;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The bricks of one kind that are here now, by name; of two with one name the later counts. */
final class Bricks<B> {
  private record Named<B>(String name, B brick) {}

  private final List<Named<B>> here = new CopyOnWriteArrayList<>();

  void add(String name, B brick) {
    here.add(new Named<>(name, brick));
  }

  void remove(B brick) {
    here.removeIf(named -> named.brick() == brick);
  }

  boolean has(B brick) {
    return here.stream().anyMatch(named -> named.brick() == brick);
  }

  /** Null for none. */
  B get(String name) {
    return here.stream().filter(named -> named.name().equals(name)).reduce((first, second) -> second).map(Named::brick).orElse(null);
  }

  List<B> all() {
    return here.stream().map(Named::brick).toList();
  }
}
