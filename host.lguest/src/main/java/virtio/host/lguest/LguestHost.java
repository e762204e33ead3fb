package virtio.host.lguest;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import virtio.bus.Host;
import virtio.bus.Slot;
import virtio.bus.machine.Doorbells;
import virtio.bus.machine.RegionAllocator;
import virtio.bus.machine.SlotThread;

/** The host's end of a machine: everything it knows of the guest it knows through the memory. Any thread. */
final class LguestHost implements Host, AutoCloseable, HypercallServer.Handler {
  private static final System.Logger LOG = System.getLogger("virtio.host.lguest");

  /** A device has a key for each direction: the device page's address, 8 times its place among the entries, and one of these. */
  private static final int KEYS_PER_DEVICE = 8;
  private static final int TO_HOST = 0;
  private static final int TO_GUEST = 4;

  private final String name;
  private final MachineMemory memory;
  private final MemorySegment segment;
  private final Tuning tuning;
  private final RegionAllocator space;
  private final DevicePage page;
  private final Lines lines = new Lines();
  private final Doorbells doorbells = new Doorbells();
  private final HypercallServer hypercalls;
  private final SleepWord guest;
  private final Set<LguestSlot> slots = new LinkedHashSet<>();
  private boolean closed;

  private LguestHost(String name, MachineMemory memory, Tuning tuning) {
    this.name = name;
    this.memory = memory;
    this.segment = memory.segment();
    this.tuning = tuning;
    this.space = memory.hostSpace();
    this.page = new DevicePage(segment.asSlice(memory.devicePage(), MachineMemory.PAGE), memory.devicePage(), memory.layout());
    this.guest = new SleepWord(segment, ControlPage.GUEST_SLEEPS, tuning.looks());
    this.hypercalls = new HypercallServer(name, segment, tuning, this);
  }

  static LguestHost start(String name, MachineMemory memory, Tuning tuning) {
    LguestHost host = new LguestHost(name, memory, tuning);
    host.hypercalls.start();
    ControlPage.intRelease(host.segment, ControlPage.HOST, (int) ProcessHandle.current().pid());
    return host;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String transport() {
    return "lguest";
  }

  /** A device that shows several faces plugs in once for each. */
  @Override
  public synchronized Slot plug(String device, Map<String, Object> properties) {
    if (closed) {
      throw new IllegalStateException("host=" + name + ": closed");
    }
    LguestSlot slot = new LguestSlot(this, device, new SlotThread("lguest-" + name + "-" + device, tuning.looks(), tuning.sleepNanos(), LOG));
    slots.add(slot);
    return slot;
  }

  RegionAllocator space() {
    return space;
  }

  MachineMemory memory() {
    return memory;
  }

  DevicePage page() {
    return page;
  }

  Lines lines() {
    return lines;
  }

  Doorbells doorbells() {
    return doorbells;
  }

  /** Any thread; never blocks; ordered after everything its caller stored. */
  void raise(int line) {
    ControlPage.intOr(segment, ControlPage.INTERRUPTS, 1 << line);
    guest.wake();
  }

  /** A slot is closed: its entry is marked. */
  void unplugged(LguestSlot slot) {
    synchronized (this) {
      slots.remove(slot);
    }
    raise(InterruptController.CONFIGURATION_LINE);
  }

  @Override
  public long call(int number, int[] arguments) {
    return switch (number) {
      case Hypercalls.LHCALL_NOTIFY -> notified(arguments[0]);
      case Hypercalls.LHCALL_LGUEST_INIT -> initialised();
      case Hypercalls.LHCALL_BIND_DMA -> bound(arguments[0], arguments[1], arguments[2]);
      case Hypercalls.LHCALL_SEND_DMA -> sent(arguments[0], arguments[1], arguments[2]) ? Hypercalls.DONE : Hypercalls.REFUSED;
      case Hypercalls.CHANNEL_LINE -> line(arguments[0]);
      case Hypercalls.EJECTED -> page.eject(arguments[0]) ? Hypercalls.DONE : Hypercalls.REFUSED;
      default -> Hypercalls.UNKNOWN;
    };
  }

  @Override
  public void notify(int number, int first, int second, int third) {
    if (number == Hypercalls.LHCALL_NOTIFY) {
      notified(first);
    } else if (number == Hypercalls.LHCALL_SEND_DMA) {
      sent(first, second, third);
    }
  }

  /** The channel of the device that a key names; null where there is none, or where the key is for the other direction. */
  private DmaChannel channel(int key, int direction) {
    long at = Integer.toUnsignedLong(key) - memory.devicePage();
    LguestSlot slot = at >= 0 && at % KEYS_PER_DEVICE == direction ? page.ownerAt((int) (at / KEYS_PER_DEVICE)) : null;
    return slot == null ? null : slot.dma();
  }

  private boolean sent(int key, int address, int count) {
    DmaChannel channel = channel(key, TO_HOST);
    return channel != null && channel.sent(Integer.toUnsignedLong(address), count);
  }

  private long bound(int key, int address, int countAndLine) {
    DmaChannel channel = channel(key, TO_GUEST);
    if (channel == null) {
      return 0;
    }
    if ((countAndLine & 0xFF) == 0) {
      channel.unbind();
      return Hypercalls.BOUND;
    }
    return channel.bind(Integer.toUnsignedLong(address), countAndLine >>> 8 & 0xFF, countAndLine & 0xFF) ? Hypercalls.BOUND : 0;
  }

  private long line(int address) {
    LguestSlot slot = page.owner(address);
    return slot == null ? 0 : slot.channelLine();
  }

  /** Whoever was the guest before has let go of every removed device, and no device may still be working for it. */
  private long initialised() {
    page.ejectAll();
    long busy = 0;
    for (LguestSlot slot : slots()) {
      slot.dma().unbind();
      busy += slot.reset() ? 0 : 1;
    }
    return busy;
  }

  private synchronized List<LguestSlot> slots() {
    return List.copyOf(slots);
  }

  private long notified(int address) {
    LguestSlot owner = page.owner(address);
    if (owner != null) {
      return owner.notified(page.offset(address)) ? Hypercalls.DONE : Hypercalls.REFUSED;
    }
    return doorbells.ring(Integer.toUnsignedLong(address)) ? Hypercalls.DONE : Hypercalls.REFUSED;
  }

  /** Unplugs what is left, then leaves the machine: its guest sees it gone. Returns when no thread of the host runs any more. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    slots().forEach(LguestSlot::close);
    ControlPage.intRelease(segment, ControlPage.HOST, 0);
    raise(InterruptController.CONFIGURATION_LINE);
    hypercalls.close();
  }
}
