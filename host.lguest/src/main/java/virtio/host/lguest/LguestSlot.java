package virtio.host.lguest;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import virtio.bus.AddressSpace;
import virtio.bus.Channel;
import virtio.bus.DmaMemory;
import virtio.bus.Registration;
import virtio.bus.Slot;
import virtio.bus.Store;
import virtio.bus.Window;
import virtio.bus.machine.SlotThread;

/**
 * A device's place on the machine: an entry of the device page, interrupts, and a thread.
 *
 * <p>It offers one place, {@code "entry"}, and one window, {@code "notify"}: a hypercall NOTIFY of an address in the entry is a write of
 * width 1 at that offset, and the hypercall returns when the write does.
 */
final class LguestSlot implements Slot {
  static final String ENTRY = "entry";
  static final String NOTIFY = "notify";

  private final LguestHost host;
  private final String device;
  private final SlotThread thread;
  private final Map<String, Window> windows = new ConcurrentHashMap<>();
  private final List<Registration> doorbells = new ArrayList<>();
  private int lines;
  private int channelLine;
  private DmaChannel channel;
  private DevicePage.Room room;
  private boolean closed;

  LguestSlot(LguestHost host, String device, SlotThread thread) {
    this.host = host;
    this.device = device;
    this.thread = thread;
  }

  @Override
  public synchronized String name() {
    return host.name() + "/" + (room == null ? device : room.index());
  }

  @Override
  public AddressSpace memory() {
    return host.space();
  }

  @Override
  public Channel channel() {
    return dma();
  }

  /** Made when somebody first looks for it. */
  synchronized DmaChannel dma() {
    if (channel == null) {
      channel = new DmaChannel(name(), host.memory(), host::raise, thread);
      if (closed) {
        channel.close();
      }
    }
    return channel;
  }

  /** The line of its channel: one of its own, while there are any, or else one that it has; 0 when it has none. */
  synchronized int channelLine() {
    if (channelLine == 0 && !closed) {
      channelLine = host.lines().take();
      lines |= channelLine == 0 ? 0 : 1 << channelLine;
    }
    return channelLine == 0 && lines != 0 ? Integer.numberOfTrailingZeros(lines) : channelLine;
  }

  @Override
  public void window(String name, Window registers) {
    if (!name.equals(NOTIFY)) {
      throw new IllegalArgumentException("window=" + name + "; allowed: " + NOTIFY);
    }
    windows.put(name, registers);
  }

  @Override
  public synchronized DmaMemory place(String name, long bytes) {
    requireOpen();
    if (!name.equals(ENTRY) || bytes > MachineMemory.PAGE) {
      return null;
    }
    if (room != null) {
      throw new IllegalStateException("place=" + name + ": given already");
    }
    room = host.page().take((int) bytes, this);
    return room == null ? null : host.page().memory(room);
  }

  @Override
  public Store store() {
    return null;
  }

  @Override
  public synchronized Line line() {
    requireOpen();
    int number = host.lines().take();
    if (number == 0) {
      return null;
    }
    lines |= 1 << number;
    return new RaisedLine(number);
  }

  @Override
  public synchronized Registration doorbell(long argument, Runnable rung) {
    requireOpen();
    if (argument >>> 32 != 0) {
      throw new IllegalArgumentException("argument=0x" + Long.toHexString(argument) + "; allowed: 32 bits");
    }
    Registration registration = host.doorbells().add(thread.bell(argument, rung));
    doorbells.add(registration);
    return registration;
  }

  @Override
  public Executor executor() {
    return thread;
  }

  @Override
  public void announce() {
    host.raise(InterruptController.CONFIGURATION_LINE);
  }

  /** A NOTIFY of that byte of the entry; false where nobody listens. On the hypercall thread. */
  boolean notified(int offset) {
    Window window = windows.get(NOTIFY);
    if (window == null || offset >= window.size()) {
      return false;
    }
    window.write(offset, 1, 0);
    return true;
  }

  /** Starts a reset, as the guest would; true when it is done. On the hypercall thread. */
  boolean reset() {
    DevicePage.Room entry;
    synchronized (this) {
      entry = room;
    }
    if (entry == null || host.page().readStatus(entry) == 0) {
      return true;
    }
    host.page().writeStatus(entry);
    return !notified(0) || host.page().readStatus(entry) == 0;
  }

  @Override
  public void close() {
    List<Registration> rung;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      windows.clear();
      if (channel != null) {
        channel.close();
      }
      rung = List.copyOf(doorbells);
      host.lines().give(lines);
      if (room != null) {
        host.page().remove(room);
      }
    }
    rung.forEach(Registration::close);
    host.unplugged(this);
    thread.close();
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("slot=" + host.name() + "/" + device + ": closed");
    }
  }

  private final class RaisedLine implements Line {
    private final int number;

    RaisedLine(int number) {
      this.number = number;
    }

    @Override
    public int place() {
      return number;
    }

    @Override
    public void raise(int position) {
      host.raise(number);
    }
  }
}
