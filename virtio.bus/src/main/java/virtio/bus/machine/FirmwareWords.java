package virtio.bus.machine;

import java.util.List;
import java.util.Map;
import virtio.bus.Registration;
import virtio.bus.Store;

/** What a machine's firmware would say, had it one: never changes. Any thread. */
public final class FirmwareWords implements Store {
  private final Map<String, String> words;

  /** @param words path and value */
  public FirmwareWords(Map<String, String> words) {
    this.words = Map.copyOf(words);
  }

  @Override
  public String get(String path) {
    return words.get(path);
  }

  @Override
  public void put(String path, String value) {
    throw new UnsupportedOperationException("path=" + path + ": firmware cannot be changed");
  }

  @Override
  public List<String> list(String path) {
    String below = path.isEmpty() ? "" : path + "/";
    return words.keySet().stream().filter(word -> word.startsWith(below)).map(word -> word.substring(below.length()).split("/")[0])
        .distinct().sorted().toList();
  }

  @Override
  public Registration watch(String path, Runnable changed) {
    Watch watch = new Watch(changed);
    Thread.ofPlatform().daemon().name("virtio-firmware").start(watch::run);
    return watch;
  }

  /** One call, and never again. */
  private static final class Watch implements Registration {
    private final Runnable changed;
    private boolean closed;

    Watch(Runnable changed) {
      this.changed = changed;
    }

    synchronized void run() {
      if (!closed) {
        changed.run();
      }
    }

    @Override
    public synchronized void close() {
      closed = true;
    }
  }
}
