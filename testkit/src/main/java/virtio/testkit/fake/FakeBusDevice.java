package virtio.testkit.fake;

import java.util.HashMap;
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
 * A device on a {@link FakeTransport}: its registers are {@link FakeRegisters}, its memory is the test's. Or one of nothing but words
 * ({@link #word}), as somebody on our own side has written it down.
 */
public final class FakeBusDevice implements BusDevice {
  private final String name;
  private final FakeRegisters registers;
  private final AddressSpace memory;
  private final Map<String, Object> properties = new HashMap<>();
  private final AtomicBoolean claimed = new AtomicBoolean();
  private FakeStore words;

  /** Without registers and memory. */
  public FakeBusDevice(String name) {
    this(name, null, null);
  }

  public FakeBusDevice(String name, FakeRegisters registers, AddressSpace memory) {
    this.name = name;
    this.registers = registers;
    this.memory = memory;
  }

  public FakeRegisters registers() {
    return registers;
  }

  public boolean claimed() {
    return claimed.get();
  }

  /** Adds what a filter may match. */
  public FakeBusDevice with(String key, Object value) {
    properties.put(key, value);
    return this;
  }

  /** Puts that into its store; without a word it has none. */
  public FakeBusDevice word(String path, String value) {
    words = words == null ? new FakeStore() : words;
    words.put(path, value);
    return this;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, Object> properties() {
    return Map.copyOf(properties);
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
    return List.of();
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
    return memory;
  }

  @Override
  public Channel channel() {
    return null;
  }
}
