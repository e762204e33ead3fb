package virtio.host.lguest;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import virtio.bus.AddressSpace;
import virtio.bus.Interrupt;
import virtio.bus.Machine;
import virtio.bus.Notifier;
import virtio.bus.Store;
import virtio.bus.Window;
import virtio.bus.machine.MemoryWindow;
import virtio.bus.machine.RegionAllocator;

/**
 * The guest's end of a machine: everything it knows of the host it knows through the memory. One guest per machine at a time.
 *
 * <p>When the host closes the machine, dies, or lets a hypercall's deadline pass, the machine has gone: windows read all ones, hypercalls
 * say so, notifiers do nothing, and {@code gone} is told once. It never comes back; a new guest may.
 */
final class GuestMachine implements Machine, AutoCloseable {
  /** Property: the address of the device page. */
  static final String DEVICE_PAGE = "device.page";
  /** Property: the line of the interrupt that says that entries of that page have come or gone. */
  static final String DEVICE_INTERRUPT = "device.interrupt";

  private static final long SECOND = 1_000_000_000L;

  private final String name;
  private final MachineMemory memory;
  private final MemorySegment segment;
  private final RegionAllocator space;
  private final InterruptController interrupts;
  private final HypercallCaller caller;
  private final Notifiers notifiers;
  private final Runnable told;
  private final AtomicBoolean gone = new AtomicBoolean();
  private final long self = ProcessHandle.current().pid();
  private long looked = System.nanoTime();

  private GuestMachine(String name, MachineMemory memory, Tuning tuning, Runnable told) {
    this.name = name;
    this.memory = memory;
    this.segment = memory.segment();
    this.told = told;
    this.space = memory.guestSpace();
    SleepWord host = new SleepWord(segment, ControlPage.HOST_SLEEPS, tuning.looks());
    this.interrupts = new InterruptController(name, segment, tuning, this::look);
    this.caller = new HypercallCaller(segment, host, tuning.looks(), tuning.deadlineNanos(), this::lost);
    this.notifiers = new Notifiers(segment, host);
  }

  /**
   * Becomes this machine's guest.
   *
   * @param told runs once when the machine has gone, on any thread, but not when it is {@linkplain #close closed}
   * @throws IOException when it has no host, or another guest
   */
  static GuestMachine attach(String name, MachineMemory memory, Tuning tuning, Runnable told) throws IOException {
    MemorySegment segment = memory.segment();
    if (ControlPage.intAcquire(segment, ControlPage.HOST) == 0) {
      throw new IOException("it has no host");
    }
    int pid = (int) ProcessHandle.current().pid();
    int guest = ControlPage.intAcquire(segment, ControlPage.GUEST);
    boolean dead = guest != 0 && guest != pid && !alive(guest);
    if (guest != 0 && !dead || !ControlPage.intCompareAndSet(segment, ControlPage.GUEST, guest, pid)) {
      throw new IOException("it has a guest, process " + guest);
    }
    for (int slot = 0; slot < ControlPage.SLOTS; slot++) {
      ControlPage.statusRelease(segment, slot, ControlPage.FREE);
    }
    ControlPage.intExchange(segment, ControlPage.INTERRUPTS, 0);
    GuestMachine machine = new GuestMachine(name, memory, tuning, told);
    machine.interrupts.start();
    try {
      machine.initialise(tuning.deadlineNanos());
    } catch (IOException failed) {
      machine.close();
      throw failed;
    }
    return machine;
  }

  /** Until every device has let go of what an earlier guest gave it, our memory is not ours. */
  private void initialise(long deadlineNanos) throws IOException {
    long end = System.nanoTime() + deadlineNanos;
    long busy;
    do {
      busy = caller.call(Hypercalls.LHCALL_LGUEST_INIT, new long[0]);
      if (busy < 0) {
        throw new IOException("its host does not answer");
      }
      Thread.onSpinWait();
    } while (busy > 0 && System.nanoTime() < end);
    if (busy > 0) {
      throw new IOException("devices that do not reset: " + busy);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Map<String, Object> properties() {
    return Map.of("layout", memory.layout().spelling(), "memory", memory.devicePage(), DEVICE_PAGE, memory.devicePage(), DEVICE_INTERRUPT,
        (long) InterruptController.CONFIGURATION_LINE);
  }

  @Override
  public Window window(long physical, long size) {
    return new MemoryWindow(segment.asSlice(physical, size), gone::get);
  }

  @Override
  public AddressSpace space(long unit) {
    if (unit != 0) {
      throw new IllegalArgumentException("unit=" + unit + "; allowed: 0");
    }
    return space;
  }

  /** Null where there is no such line: there are 1 to 31. */
  @Override
  public Interrupt interrupt(long source) {
    return interrupts.line(source);
  }

  /** Arguments and results are 32 bits, at most four. */
  @Override
  public long hypercall(long number, long[] arguments) {
    return caller.call(number, arguments);
  }

  /** At most three arguments, of 32 bits; 64 notifiers at a time. */
  @Override
  public Notifier notifier(long number, long... arguments) {
    int[] words = new int[ControlPage.CALL_WORDS];
    if (number < 0 || number > Integer.MAX_VALUE || arguments.length >= words.length) {
      throw new IllegalArgumentException("number=" + number + " arguments=" + arguments.length + "; allowed: 31 bits, at most 3");
    }
    words[0] = (int) number;
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i] >>> 32 != 0) {
        throw new IllegalArgumentException("argument=0x" + Long.toHexString(arguments[i]) + "; allowed: 32 bits");
      }
      words[1 + i] = (int) arguments[i];
    }
    return notifiers.notifier(words);
  }

  @Override
  public Store firmware() {
    return null;
  }

  boolean hasGone() {
    return gone.get();
  }

  /** What allocations are out. */
  int regions() {
    return space.regions();
  }

  /** Waits until all allocations are back, bounded. */
  boolean awaitRegions(long nanos) throws InterruptedException {
    return space.awaitRegions(0, nanos);
  }

  /** Leaves the machine: its next guest may come. Returns when no handler and no hypercall is under way. */
  @Override
  public void close() {
    gone.set(true);
    notifiers.leave();
    caller.leave();
    caller.drain();
    interrupts.close();
    ControlPage.intCompareAndSet(segment, ControlPage.GUEST, (int) self, 0);
  }

  /** On the interrupt thread, whenever nothing happened for a while: is the host still there? */
  private void look() {
    int host = ControlPage.intAcquire(segment, ControlPage.HOST);
    if (host == 0) {
      lost();
    } else if (host != self && System.nanoTime() - looked > SECOND) {
      looked = System.nanoTime();
      if (!alive(host)) {
        lost();
      }
    }
  }

  private void lost() {
    if (gone.compareAndSet(false, true)) {
      notifiers.leave();
      caller.leave();
      told.run();
    }
  }

  private static boolean alive(int pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }
}
