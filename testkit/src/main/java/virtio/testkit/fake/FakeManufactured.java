package virtio.testkit.fake;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import virtio.bus.AddressSpace;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.Interrupt;
import virtio.bus.Registration;
import virtio.bus.Signal;
import virtio.bus.Store;
import virtio.bus.Window;

/**
 * A device that has no registers, no memory and no interrupts: all that is known of it is what somebody on our own side has written down
 * ({@link #word}), and all that it can do is {@code transfer}.
 */
public final class FakeManufactured implements BusDevice {
  private final String name;
  private final Channel channel;
  private final FakeStore words = new FakeStore();
  private final AtomicBoolean claimed = new AtomicBoolean();

  public FakeManufactured(String name, Channel channel) {
    this.name = name;
    this.channel = channel;
  }

  /** What a configuration says of it. */
  public FakeManufactured word(String path, String value) {
    words.put(path, value);
    return this;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, Object> properties() {
    return Map.of("machine", "none");
  }

  @Override
  public Window window(String window) {
    return null;
  }

  @Override
  public Store store() {
    return words;
  }

  @Override
  public List<Interrupt> interrupts() {
    return Collections.emptyList();
  }

  @Override
  public Signal doorbell(long argument) {
    return null;
  }

  @Override
  public Registration claim() {
    if (!claimed.compareAndSet(false, true)) {
      throw new IllegalStateException("device=" + name + " is claimed");
    }
    return () -> claimed.set(false);
  }

  @Override
  public AddressSpace memory() {
    return null;
  }

  @Override
  public Channel channel() {
    return channel;
  }
}
