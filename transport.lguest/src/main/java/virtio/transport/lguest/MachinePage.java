package virtio.transport.lguest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import virtio.bus.Machine;
import virtio.bus.PageLayout;
import virtio.bus.Registration;
import virtio.bus.Window;

/**
 * The device page of one machine: what was found there last, and what has changed. On the transport's thread, but for
 * {@link #interrupted}.
 */
final class MachinePage {
  /** Hypercall: we have let go of the removed device whose entry lies there. */
  static final int EJECTED = 64;
  /** The type of an entry whose device has gone. */
  static final int REMOVED = 0xFF;

  private static final int PAGE = 4096;
  private static final int KEYS_PER_DEVICE = 8;

  private final Machine machine;
  private final long address;
  private final Executor events;
  private final Consumer<LguestDevice> appeared;
  private final Consumer<LguestDevice> disappeared;
  private final Runnable changed;
  private final Map<Integer, LguestDevice> present = new LinkedHashMap<>();
  /** Gone, and not yet let go of. */
  private final Map<Integer, LguestDevice> leaving = new HashMap<>();
  private final AtomicBoolean walkWanted = new AtomicBoolean();
  private final Registration interrupt;

  /**
   * @param events the transport's thread
   * @param changed is to have this page walked, there
   * @throws IllegalArgumentException naming what the machine does not tell
   */
  MachinePage(Machine machine, Executor events, Runnable changed, Consumer<LguestDevice> appeared, Consumer<LguestDevice> disappeared) {
    this.machine = machine;
    this.events = events;
    this.changed = changed;
    this.appeared = appeared;
    this.disappeared = disappeared;
    this.address = number("device.page");
    this.interrupt = machine.interrupt(number("device.interrupt")).register(this::interrupted);
  }

  /** The name of the layout that walks it. */
  Object layout() {
    return machine.properties().get("layout");
  }

  List<LguestDevice> devices() {
    return List.copyOf(present.values());
  }

  void walk(PageLayout layout) {
    walkWanted.set(false);
    Window page = machine.window(address, PAGE);
    List<PageLayout.Entry> entries = layout.walk(page);
    Map<Integer, PageLayout.Entry> found = new HashMap<>();
    entries.forEach(entry -> found.put(entry.offset(), entry));
    for (Iterator<LguestDevice> known = present.values().iterator(); known.hasNext(); ) {
      LguestDevice device = known.next();
      if (!device.entry().equals(found.get(device.entry().offset()))) {
        known.remove();
        leave(device);
      }
    }
    for (int index = 0; index < entries.size(); index++) {
      PageLayout.Entry entry = entries.get(index);
      if (entry.type() == REMOVED) {
        if (!leaving.containsKey(entry.offset())) {
          eject(entry.offset());
        }
      } else if (!present.containsKey(entry.offset())) {
        LguestDevice device = new LguestDevice(machine, index, entry, address + entry.offset(), address + (long) KEYS_PER_DEVICE * index,
            () -> events.execute(() -> released(entry)));
        present.put(entry.offset(), device);
        appeared.accept(device);
      }
    }
  }

  /** The machine goes, or we do. */
  void close() {
    interrupt.close();
    List<LguestDevice> last = new ArrayList<>(present.values());
    present.clear();
    last.forEach(this::leave);
  }

  /** Any thread: walks that nobody has begun are one. */
  private void interrupted() {
    if (walkWanted.compareAndSet(false, true)) {
      changed.run();
    }
  }

  private void leave(LguestDevice device) {
    device.leave();
    leaving.put(device.entry().offset(), device);
    disappeared.accept(device);
    released(device.entry());
  }

  /** Whoever had claimed the device of that entry has let it go, or nobody had. */
  private void released(PageLayout.Entry entry) {
    LguestDevice device = leaving.get(entry.offset());
    if (device != null && device.entry() == entry && !device.claimed()) {
      leaving.remove(entry.offset());
      eject(entry.offset());
    }
  }

  /** A refusal means that the room is in use again, or was given back before: then there is nothing to do. */
  private void eject(int offset) {
    machine.hypercall(EJECTED, new long[] {address + offset});
  }

  private long number(String property) {
    if (machine.properties().get(property) instanceof Number number) {
      return number.longValue();
    }
    throw new IllegalArgumentException("machine=" + machine.name() + ": it does not tell its " + property);
  }
}
