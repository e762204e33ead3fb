package virtio.transport.lguest;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import virtio.bus.AddressSpace;
import virtio.bus.BusDevice;
import virtio.bus.Channel;
import virtio.bus.Interrupt;
import virtio.bus.Machine;
import virtio.bus.Notifier;
import virtio.bus.PageLayout;
import virtio.bus.Registration;
import virtio.bus.Signal;
import virtio.bus.Store;
import virtio.bus.Window;
import virtio.bus.machine.AllOnes;
import virtio.bus.machine.Hold;
import virtio.bus.machine.LivingWindow;

/**
 * A device on lguest's bus. Windows: {@code "entry"}, its entry as plain memory; {@code "notify"}, of the same size, where a write is a
 * NOTIFY of that byte's address, which the host has served when the write returns.
 */
final class LguestDevice implements BusDevice {
  static final String ENTRY = "entry";
  static final String NOTIFY = "notify";
  static final int LHCALL_NOTIFY = 17;

  private static final int LINES = 32;

  private final Machine machine;
  private final String name;
  private final PageLayout.Entry entry;
  private final long address;
  private final Map<String, Object> properties;
  private final List<Interrupt> interrupts;
  private final Runnable released;
  private final Hold hold;
  private final long key;
  private final Map<Long, Notifier> doorbells = new HashMap<>();
  private DmaChannel channel;
  private volatile boolean gone;

  /**
   * @param index its place among the page's entries
   * @param address of its entry
   * @param key of what it is sent; that of what it sends is 4 more
   * @param released runs when a claim is closed, on the thread that closes it
   */
  LguestDevice(Machine machine, int index, PageLayout.Entry entry, long address, long key,
      Runnable released) {
    this.machine = machine;
    this.name = machine.name() + "/" + index;
    this.entry = entry;
    this.address = address;
    this.key = key;
    this.properties = Map.of("machine", machine.name(), "entry", index, "type", entry.type());
    this.released = released;
    this.hold = new Hold(name);
    Interrupt[] lines = new Interrupt[LINES];
    for (int line = 0; line < LINES; line++) {
      Interrupt source = machine.interrupt(line);
      lines[line] = source == null ? null : handler -> hold.register(source, handler, () -> { });
    }
    this.interrupts = Collections.unmodifiableList(Arrays.asList(lines));
  }

  PageLayout.Entry entry() {
    return entry;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, Object> properties() {
    return properties;
  }

  @Override
  public AddressSpace memory() {
    return machine.space(0);
  }

  /** One for each who holds the device: it ends with the claim. */
  @Override
  public synchronized Channel channel() {
    if (channel == null) {
      channel = new DmaChannel(machine, name, address, key, interrupts);
      if (gone) {
        channel.leave();
      }
    }
    return channel;
  }

  private void letGo() {
    DmaChannel last;
    synchronized (this) {
      last = channel;
      channel = null;
      doorbells.values().forEach(Notifier::close);
      doorbells.clear();
    }
    if (last != null) {
      last.close();
    }
  }

  @Override
  public Window window(String window) {
    return switch (window) {
      case ENTRY -> new LivingWindow(machine.window(address, entry.length()), () -> gone);
      case NOTIFY -> new NotifyWindow();
      default -> null;
    };
  }

  @Override
  public Store store() {
    return null;
  }

  @Override
  public List<Interrupt> interrupts() {
    return interrupts;
  }

  /** It rings until the claim ends. */
  @Override
  public synchronized Signal doorbell(long argument) {
    return doorbells.computeIfAbsent(argument, address -> machine.notifier(LHCALL_NOTIFY, address));
  }

  @Override
  public Registration claim() {
    return hold.claim(this::letGo, released);
  }

  boolean claimed() {
    return hold.claimed();
  }

  /** From here on its registers read all ones. */
  void leave() {
    DmaChannel last;
    synchronized (this) {
      gone = true;
      last = channel;
    }
    hold.end();
    if (last != null) {
      last.leave();
    }
  }

  /** NOTIFY of a byte of the entry, whatever is written. */
  private final class NotifyWindow implements Window {
    @Override
    public long size() {
      return entry.length();
    }

    @Override
    public long read(long offset, int width) {
      return AllOnes.of(width);
    }

    @Override
    public void write(long offset, int width, long value) {
      if (offset < 0 || offset >= entry.length()) {
        throw new IndexOutOfBoundsException("offset=" + offset + "; allowed: 0 to " + (entry.length() - 1));
      }
      if (!gone) {
        machine.hypercall(LHCALL_NOTIFY, new long[] {address + offset});
      }
    }
  }
}
