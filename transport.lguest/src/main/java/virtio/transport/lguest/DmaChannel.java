package virtio.transport.lguest;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.List;
import virtio.bus.AddressSpace;
import virtio.bus.Channel;
import virtio.bus.DmaMemory;
import virtio.bus.Interrupt;
import virtio.bus.Machine;
import virtio.bus.Notifier;
import virtio.bus.Registration;
import virtio.bus.machine.Handlers;
import virtio.bus.machine.Passage;

/**
 * The driver's end of lguest's DMA: it fills what the host reads, and reads what the host has filled, each in its array's order and round
 * again. It takes its memory and binds when it is first used, with one call that is waited for; a transfer waits for nothing.
 *
 * <p>It ends with the claim on its device, or with the device. What the host writes is read once, and is no more than a length.
 */
final class DmaChannel implements Channel {
  static final int LHCALL_BIND_DMA = 12;
  static final int LHCALL_SEND_DMA = 13;
  static final int CHANNEL_LINE = 65;
  /** From the key of what the host is sent to the key of what it sends. */
  static final int TO_GUEST = 4;
  /** How many messages may be on the way to us. */
  static final int RECEIVED = 16;
  /** How many may be on the way to the host. */
  static final int SENT = 4;
  static final int PAGE = 4096;
  static final int MAX_MESSAGE = LguestDma.SECTIONS * PAGE;

  private static final System.Logger LOG = System.getLogger("virtio.transport.lguest");
  private static final int BOUND = 1;
  /** Of a structure that is not to be read. */
  private static final int TAKEN = 1;

  private final Machine machine;
  private final String device;
  private final long entry;
  private final long key;
  private final List<Interrupt> interrupts;
  private final Handlers handlers;
  private final Passage reading = new Passage();
  private final Passage writing = new Passage();
  private volatile Ends ends;
  private volatile boolean over;

  /** @param entry address of the device's entry */
  DmaChannel(Machine machine, String device, long entry, long key, List<Interrupt> interrupts) {
    this.machine = machine;
    this.device = device;
    this.entry = entry;
    this.key = key;
    this.interrupts = interrupts;
    this.handlers = new Handlers(device + ", channel", LOG);
  }

  /** What is had once it is used: structures, those bound before those sent, and as many buffers of 16 pages. */
  private static final class Ends {
    private final DmaMemory structures;
    private final DmaMemory buffers;
    private final Notifier look;
    private final Registration interrupt;
    private int nextRead;
    private int nextWritten;

    Ends(DmaMemory structures, DmaMemory buffers, Notifier look, Registration interrupt) {
      this.structures = structures;
      this.buffers = buffers;
      this.look = look;
      this.interrupt = interrupt;
    }
  }

  @Override
  public int maxMessage() {
    return MAX_MESSAGE;
  }

  @Override
  public Registration ready(Runnable moved) {
    Registration registration = handlers.register(moved);
    if (ends == null && !over) {
      bind();
    }
    return registration;
  }

  @Override
  public long transfer(MemorySegment with, long offset, long length, Direction direction) {
    boolean read = direction == Direction.READ;
    if (length < 1 || offset < 0 || length > with.byteSize() - offset || (read ? length < MAX_MESSAGE : length > MAX_MESSAGE)) {
      throw new IllegalArgumentException("offset=" + offset + " length=" + length + " of " + with.byteSize()
          + "; allowed: inside, a READ of at least and a WRITE of up to " + MAX_MESSAGE);
    }
    if (ends == null && !over) {
      bind();
    }
    Passage passage = read ? reading : writing;
    if (over || !passage.enter()) {
      return GONE;
    }
    try {
      return read ? read(ends, with, offset) : write(ends, with, offset, (int) length);
    } finally {
      passage.leave();
    }
  }

  private long read(Ends own, MemorySegment to, long offset) {
    MemorySegment structures = own.structures.segment();
    int index = own.nextRead;
    long at = (long) LguestDma.BYTES * index;
    int bytes = LguestDma.usedAcquire(structures, at);
    if (bytes == 0) {
      return 0;
    }
    if (bytes < 0 || bytes > MAX_MESSAGE) {
      LOG.log(System.Logger.Level.WARNING, device + ": channel: the host says that a message has " + Integer.toUnsignedLong(bytes)
          + " bytes; allowed: " + MAX_MESSAGE);
      over = true;
      return GONE;
    }
    MemorySegment.copy(own.buffers.segment(), (long) MAX_MESSAGE * index, to, offset, bytes);
    LguestDma.usedRelease(structures, at, 0);
    own.nextRead = index + 1 == RECEIVED ? 0 : index + 1;
    VarHandle.fullFence(); // "free" before our look; pairs with the host's, between what it fills and its look for the next
    int before = index == 0 ? RECEIVED - 1 : index - 1;
    if (LguestDma.usedAcquire(structures, (long) LguestDma.BYTES * before) != 0) {
      own.look.raise(0); // all were filled: the host may be held up
    }
    return bytes;
  }

  private long write(Ends own, MemorySegment from, long offset, int length) {
    MemorySegment structures = own.structures.segment();
    int index = RECEIVED + own.nextWritten;
    long at = (long) LguestDma.BYTES * index;
    if (LguestDma.usedAcquire(structures, at) == 0) {
      return 0;
    }
    long buffer = (long) MAX_MESSAGE * index;
    MemorySegment.copy(from, offset, own.buffers.segment(), buffer, length);
    LguestDma.sections(structures, at, own.buffers.address() + buffer, length);
    LguestDma.usedRelease(structures, at, 0);
    own.nextWritten = own.nextWritten + 1 == SENT ? 0 : own.nextWritten + 1;
    VarHandle.fullFence(); // "sent" before our look; pairs with the host's, between "taken" and its look for the next
    int before = index == RECEIVED ? RECEIVED + SENT - 1 : index - 1;
    if (LguestDma.usedAcquire(structures, (long) LguestDma.BYTES * before) != 0) {
      own.look.raise(0); // all before it were taken: the host may be waiting
    }
    return length;
  }

  /** Takes memory, a notifier and an interrupt, and tells the host. Failing is the channel's end, with a line that says why. */
  private synchronized void bind() {
    if (ends != null || over) {
      return;
    }
    AddressSpace space = machine.space(0);
    DmaMemory structures = space.allocate((long) (RECEIVED + SENT) * LguestDma.BYTES, PAGE);
    DmaMemory buffers = space.allocate((long) (RECEIVED + SENT) * MAX_MESSAGE, PAGE);
    long line = machine.hypercall(CHANNEL_LINE, new long[] {entry});
    Interrupt interrupt = line > 0 && line < interrupts.size() ? interrupts.get((int) line) : null;
    if (structures == null || buffers == null || interrupt == null) {
      refused(interrupt == null ? "no interrupt is left" : "no memory is left", structures, buffers);
      return;
    }
    for (int i = 0; i < RECEIVED + SENT; i++) {
      long at = (long) LguestDma.BYTES * i;
      LguestDma.sections(structures.segment(), at, buffers.address() + (long) MAX_MESSAGE * i, MAX_MESSAGE);
      LguestDma.usedRelease(structures.segment(), at, i < RECEIVED ? 0 : TAKEN);
    }
    Notifier look;
    try {
      look = machine.notifier(LHCALL_SEND_DMA, key, structures.address() + (long) RECEIVED * LguestDma.BYTES, SENT);
    } catch (IllegalStateException none) {
      refused(none.getMessage(), structures, buffers);
      return;
    }
    Registration told = interrupt.register(handlers::run);
    if (machine.hypercall(LHCALL_BIND_DMA, new long[] {key + TO_GUEST, structures.address(), RECEIVED << 8 | line}) != BOUND) {
      look.close();
      told.close();
      refused("the host does not bind", structures, buffers);
      return;
    }
    ends = new Ends(structures, buffers, look, told);
  }

  private void refused(String why, DmaMemory... taken) {
    LOG.log(System.Logger.Level.ERROR, device + ": channel: " + why);
    for (DmaMemory memory : taken) {
      if (memory != null) {
        machine.space(0).free(memory);
      }
    }
    over = true;
  }

  /** The device has gone: whoever waits is told. */
  void leave() {
    over = true;
    handlers.run();
  }

  /** For good. Memory that the host does not confirm to have let go of is set aside. */
  synchronized void close() {
    over = true;
    reading.shut();
    writing.shut();
    handlers.close();
    Ends own = ends;
    if (own == null) {
      return;
    }
    ends = null;
    own.interrupt.close();
    own.look.close();
    AddressSpace space = machine.space(0);
    boolean confirmed = machine.hypercall(LHCALL_BIND_DMA, new long[] {key + TO_GUEST, own.structures.address(), 0}) >= 0;
    for (DmaMemory memory : List.of(own.structures, own.buffers)) {
      if (confirmed) {
        space.free(memory);
      } else {
        space.quarantine(memory);
      }
    }
  }
}
