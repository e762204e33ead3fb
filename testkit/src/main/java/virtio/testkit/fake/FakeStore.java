package virtio.testkit.fake;

import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import virtio.bus.Registration;
import virtio.bus.Store;

/** Strings in memory, of which nobody tells. */
public final class FakeStore implements Store {
  private final ConcurrentSkipListMap<String, String> words = new ConcurrentSkipListMap<>();

  @Override
  public String get(String path) {
    return words.get(path);
  }

  @Override
  public void put(String path, String value) {
    words.put(path, value);
  }

  /** Takes a word away. */
  public void remove(String path) {
    words.remove(path);
  }

  @Override
  public List<String> list(String path) {
    String below = path.isEmpty() ? "" : path + "/";
    return words.keySet().stream().filter(word -> word.startsWith(below)).map(word -> word.substring(below.length()).split("/")[0])
        .distinct().toList();
  }

  @Override
  public Registration watch(String path, Runnable changed) {
    changed.run();
    return () -> { };
  }
}
