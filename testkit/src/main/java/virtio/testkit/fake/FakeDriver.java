package virtio.testkit.fake;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import virtio.bus.Failure;
import virtio.bus.Features;
import virtio.bus.VirtioDevice;
import virtio.bus.VirtioDriver;

/** A driver that only records what is done to it. Its port is any object. */
public final class FakeDriver implements VirtioDriver<Object> {
  private final List<Entry> table = new ArrayList<>();
  private final List<String> events = new CopyOnWriteArrayList<>();
  private Features features = Features.NONE;
  private int[][] requires = new int[0][];
  private Consumer<VirtioDevice> probing = VirtioDevice::ready;
  private volatile VirtioDevice device;
  private volatile Object data;

  public FakeDriver(Entry... entries) {
    table.addAll(List.of(entries));
  }

  public FakeDriver knows(Features known, int[]... required) {
    features = known;
    requires = required;
    return this;
  }

  /** What probe does; without it, only {@code ready}. */
  public FakeDriver probes(Consumer<VirtioDevice> work) {
    probing = work;
    return this;
  }

  /** {@code probe}, {@code changed}, {@code failed ...}, {@code remove true}, in order. */
  public List<String> events() {
    return List.copyOf(events);
  }

  /** Bound last; null before. */
  public VirtioDevice device() {
    return device;
  }

  /** Of the id table's entry that matched. */
  public Object data() {
    return data;
  }

  @Override
  public List<Entry> table() {
    return table;
  }

  @Override
  public Features features() {
    return features;
  }

  @Override
  public int[][] requires() {
    return requires;
  }

  @Override
  public Class<Object> port() {
    return Object.class;
  }

  @Override
  public Attached probe(VirtioDevice found, Entry entry, Object port) {
    device = found;
    data = entry.data();
    events.add("probe");
    probing.accept(found);
    return new Attached() {
      @Override
      public void configChanged() {
        events.add("changed");
      }

      @Override
      public void failed(Failure cause) {
        events.add("failed " + cause.kind());
      }

      @Override
      public void remove() {
        events.add("remove " + found.reset());
      }
    };
  }
}
